"""Makes box.ttf: a font in which every character is the same box, and every space is as wide and empty.

A page in this font has the same lines on every machine, whatever fonts are installed there: so its pictures can be compared.
Needs fonttools; run it in this directory.
"""

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

pen = TTGlyphPen(None)
for to, point in ((pen.moveTo, (60, 0)), (pen.lineTo, (60, 520)), (pen.lineTo, (440, 520)), (pen.lineTo, (440, 0))):
    to(point)
pen.closePath()
empty = TTGlyphPen(None).glyph()

font = FontBuilder(1000, isTTF=True)
font.setupGlyphOrder([".notdef", "space", "box"])
font.setupGlyf({".notdef": empty, "space": empty, "box": pen.glyph()})
font.setupHorizontalMetrics({name: (500, 0) for name in (".notdef", "space", "box")})
font.setupHorizontalHeader(ascent=900, descent=-300)
font.setupCharacterMap({0x20: "space"})
font.setupNameTable({"familyName": "Box", "styleName": "Regular"})
font.setupOS2(sTypoAscender=900, sTypoDescender=-300, usWinAscent=900, usWinDescent=300)
font.setupPost(keepGlyphNames=False)
table = CmapSubtable.newSubtable(13)  # many characters, one glyph
table.platformID, table.platEncID, table.language = 3, 10, 0
table.cmap = {at: "space" if at in (0x20, 0xA0) else "box" for at in range(0x20, 0x30000)}
font.font["cmap"].tables = [table]
font.save("box.ttf")
