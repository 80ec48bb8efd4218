// Looks over a page as it stands: contrast, names, structure. Gives a list of what is wrong.
const wrong = [];
const parse = (text) => { const n = text.match(/[\d.]+/g).map(Number); return { r: n[0], g: n[1], b: n[2], a: n.length > 3 ? n[3] : 1 }; };
const over = (top, below) => ({ r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1 });
const ground = (element) => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a > 0) { layers.push(c); if (c.a === 1) break; } }
  return layers.reverse().reduce((below, top) => over(top, below), { r: 255, g: 255, b: 255, a: 1 });
};
const light = (c) => [c.r, c.g, c.b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
const seen = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || seen.has(element) || !shown(element) || element.closest(".unseen, script, .skip, option")) continue;
  seen.add(element);
  const style = getComputedStyle(element);
  const found = ratio(over(parse(style.color), ground(element)), ground(element));
  const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
  if (found < (isLarge ? 3 : 4.5)) wrong.push(`contrast ${found.toFixed(2)} of "${element.textContent.trim().slice(0, 40)}" (${element.className || element.tagName})`);
}
for (const field of document.querySelectorAll("input:not([type=hidden], [type=radio]), select")) {
  if (!shown(field)) continue;
  const border = ratio(over(parse(getComputedStyle(field).borderTopColor), ground(field.parentElement)), ground(field.parentElement));
  if (border < 3) wrong.push(`the edge of the field ${field.id} has a contrast of ${border.toFixed(2)}`);
}
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => wrong.push(`the id ${id} stands twice`));
for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby], label[for]"))
  for (const id of `${e.getAttribute("aria-labelledby") || ""} ${e.getAttribute("aria-describedby") || ""} ${e.getAttribute("for") || ""}`.split(/\s+/).filter(Boolean))
    if (!document.getElementById(id)) wrong.push(`nothing has the id ${id}`);
if (document.querySelectorAll("h1").length !== 1) wrong.push(`${document.querySelectorAll("h1").length} headings of the first level`);
let level = 0;
for (const h of document.querySelectorAll("h1, h2, h3, h4")) { const n = Number(h.tagName[1]); if (n > level + 1) wrong.push(`the heading "${h.textContent}" skips a level`); level = n; }
if (!document.documentElement.lang) wrong.push("no language");
if (!document.title.includes("Usher")) wrong.push("no title");
for (const e of document.querySelectorAll("svg:not([aria-hidden=true])")) if (!(e.getAttribute("role") === "img" && e.getAttribute("aria-label"))) wrong.push("a drawing without words");
for (const e of document.querySelectorAll("th")) if (!e.scope) wrong.push("a table's heading without a scope");
for (const e of document.querySelectorAll("table")) if (!e.caption) wrong.push("a table without a caption");
for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) wrong.push("a positive tabindex");
for (const e of document.querySelectorAll("[style], [onclick]")) wrong.push(`an inline style or handler at ${e.tagName}`);
for (const e of document.querySelectorAll("button, .button, summary, input:not([type=hidden], [type=radio]), select, nav a")) {
  if (!shown(e)) continue;
  const box = e.getBoundingClientRect();
  if (box.height < 43.5 || box.width < 43.5) wrong.push(`"${(e.textContent || e.id).trim().slice(0, 30)}" is ${Math.round(box.width)} by ${Math.round(box.height)}`);
}
if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
return wrong;
