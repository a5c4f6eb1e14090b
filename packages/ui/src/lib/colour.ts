import type { ColourName } from '../tokens/tokens.ts';

/** What a token comes to now as `#rrggbb`, for canvases that cannot read CSS variables. */
export function tokenColour(name: ColourName): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!context) return '#808080';
  context.fillStyle = value;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** A token's colour with an alpha of 0–1, as `#rrggbbaa`. */
export function tokenColourAlpha(name: ColourName, alpha: number): string {
  return `${tokenColour(name)}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')}`;
}
