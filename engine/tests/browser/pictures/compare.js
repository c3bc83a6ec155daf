// The picture `taken` at a fifth of its size, and the share of it that has another colour than `kept`; all of it where that
// is missing or has another size.
const [taken, kept, done] = arguments;
const SCALE = 5;
const STEP = 17; // of 255: colours are rounded to it, which makes the files small; one step is the smoothing of an edge

const draw = (image, width, height) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height);
  pixels.data.forEach((part, at) => { pixels.data[at] = Math.round(part / STEP) * STEP; });
  context.putImageData(pixels, 0, 0);
  return [canvas, pixels.data];
};
const read = (bytes) => createImageBitmap(new Blob([Uint8Array.from(bytes)]));

(async () => {
  const image = await read(taken);
  const [width, height] = [image.width, image.height].map((side) => Math.round(side / SCALE));
  const [canvas, colours] = draw(image, width, height);
  const small = [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  const before = kept && (await read(kept));
  if (before?.width !== width || before?.height !== height) return done({ small, share: 1 });
  const [, old] = draw(before, width, height);
  let changed = 0;
  for (let at = 0; at < colours.length; at += 4) {
    if ([0, 1, 2].some((part) => Math.abs(colours[at + part] - old[at + part]) > STEP)) changed += 1;
  }
  done({ small, share: changed / (width * height) });
})();
