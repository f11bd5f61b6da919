// A terminal's lines, with their colours (ECMA-48, SGR), as a picture.
const WIDTH = 8.4;
const HEIGHT = 19;
const MARGIN = 16;
const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea' };

/** What a spinner wrote over is not to be seen. */
function seen(line) {
  return line.split('\x1b[K').at(-1).replaceAll('\r', '');
}

/** Pieces of one style each. */
function pieces(line) {
  const style = { colour: null, bold: false, dim: false };
  return line.split(/\x1b\[([\d;]*)m/).flatMap((part, index) => {
    if (index % 2 === 1) {
      for (const code of part.split(';').map(Number)) apply(style, code);
      return [];
    }
    return part === '' ? [] : [{ text: part, ...style }];
  });
}

function apply(style, code) {
  if (code === 0) Object.assign(style, { colour: null, bold: false, dim: false });
  else if (code === 1) style.bold = true;
  else if (code === 2) style.dim = true;
  else if (code === 22) Object.assign(style, { bold: false, dim: false });
  else if (code === 39) style.colour = null;
  else style.colour = COLOURS[code] ?? style.colour;
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function span({ text, colour, bold, dim }) {
  const style = [colour === null ? '' : ` fill="${colour}"`, bold ? ' font-weight="bold"' : '', dim ? ' fill-opacity="0.6"' : ''].join('');
  return style === '' ? escaped(text) : `<tspan${style}>${escaped(text)}</tspan>`;
}

export function svgOf(lines) {
  const rows = lines.map((line) => pieces(seen(line)));
  const columns = Math.max(...rows.map((row) => row.reduce((sum, { text }) => sum + text.length, 0)));
  const [width, height] = [Math.ceil(columns * WIDTH + 2 * MARGIN), rows.length * HEIGHT + 2 * MARGIN];
  const text = rows.map(
    (row, index) => `<text x="${MARGIN}" y="${MARGIN + HEIGHT * (index + 0.75)}" xml:space="preserve">${row.map(span).join('')}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#e6edf3">
<title>A session with the command daemonium</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${text.join('\n')}
</svg>
`;
}
