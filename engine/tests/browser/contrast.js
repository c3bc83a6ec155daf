// The contrast of every visible text with the colour behind it, by the element that holds it.
const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => {
  const [R, G, B] = [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * R + 0.7152 * G + 0.0722 * B;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
};
const contrasts = {};
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!own || !element.checkVisibility()) continue;
  const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
  contrasts[`${element.tagName} ${element.textContent.slice(0, 30)}`] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
return contrasts;
