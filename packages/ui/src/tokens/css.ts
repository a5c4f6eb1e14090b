import { colours, type Oklch, type Themed } from './tokens.ts';

const oklch = ([lightness, chroma, hue]: Oklch): string => `oklch(${lightness} ${chroma} ${hue})`;

function block(selector: string, scheme: 'light' | 'dark', pick: (pair: Themed) => Oklch): string {
  const lines = Object.entries(colours).map(([name, pair]) => `  --${name}: ${oklch(pick(pair))};`);
  return `${selector} {\n  color-scheme: ${scheme};\n${lines.join('\n')}\n}\n`;
}

/** The table as CSS custom properties: light on the root, dark under `data-theme="dark"`. */
export function tokensCss(): string {
  const head = '/* Written from tokens.ts by write.ts. Do not edit. */\n';
  return `${head}${block(':root', 'light', (pair) => pair[0])}\n${block(':root[data-theme="dark"]', 'dark', (pair) => pair[1])}`;
}
