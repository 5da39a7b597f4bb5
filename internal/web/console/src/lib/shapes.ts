import symbols from 'virtual:symbols';
import type { Priority } from './types';

// Shapes that mean the same in the list and on the map. A priority is told by its shape and its word, not by its colour alone.

export const priorityColour: Record<Priority, string> = { critical: '#ff6b6b', high: '#ff9f4a', medium: '#f2d15c', low: '#9cc3d5' };

const outline: Record<Priority, string> = {
  critical: '<path d="M12 1 23 12 12 23 1 12Z"/>',
  high: '<path d="M12 2 23 21H1Z"/>',
  medium: '<path d="M3 3h18v18H3Z"/>',
  low: '<circle cx="12" cy="12" r="9.5"/>',
};
const sign: Record<Priority, string> = {
  critical: '<path d="M12 6v7.5M12 16.5v1.2" stroke-width="3"/>',
  high: '<path d="M12 9v5.5M12 17v1" stroke-width="2.6"/>',
  medium: '<path d="M7.5 12h9" stroke-width="2.6"/>',
  low: '',
};

export function prioritySVG(priority: string, answered: boolean): string {
  const p = (priority in outline ? priority : 'low') as Priority;
  const c = priorityColour[p];
  const body = answered ? `fill="#11171d" stroke="${c}" stroke-width="2.4"` : `fill="${c}" stroke="#0b0f13" stroke-width="1"`;
  const ink = answered ? c : '#0b0f13';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"><g ${body} stroke-linejoin="round">${outline[p]}</g><g fill="none" stroke="${ink}" stroke-linecap="round">${sign[p]}</g></svg>`;
}

const plainShapes: Record<string, string> = {
  person: '<circle cx="12" cy="6.5" r="3.2"/><path d="M6.5 21c0-6 2-9.5 5.5-9.5s5.5 3.5 5.5 9.5Z"/>',
  group: '<circle cx="8" cy="7" r="2.7"/><circle cx="16" cy="7" r="2.7"/><path d="M3 20c0-5 2-8.5 5-8.5s5 3.5 5 8.5Zm8 0c0-5 2-8.5 5-8.5s5 3.5 5 8.5Z"/>',
  vehicle: '<path d="M2.5 17v-4.5l3-1 2.5-4.5h8l2.5 4.5 3 1V17Z"/><circle cx="7" cy="17.5" r="2.2"/><circle cx="17" cy="17.5" r="2.2"/>',
  animal: '<path d="M4 20v-7l-1.5-3 3 .5L8 9h8l2.5-4 1 3.5 2.5 1-1.5 2.5-2.5.5V20h-2.5v-5H7v5Z"/>',
  drone: '<circle cx="5.5" cy="5.5" r="3"/><circle cx="18.5" cy="5.5" r="3"/><circle cx="5.5" cy="18.5" r="3"/><circle cx="18.5" cy="18.5" r="3"/><path d="M6 6 18 18M18 6 6 18" stroke-width="2.2"/>',
  aircraft: '<path d="M12 1.5 14 9l8.5 4.5v2L14 13.5 13.5 19l3 2v1.5L12 21.5l-4.5 1V21l3-2L10 13.5 1.5 15.5v-2L10 9Z"/>',
  boat: '<path d="M2 15h20l-3.5 6h-13ZM11 3v10H4Zm2 2 6 8h-6Z"/>',
  clutter: '<path d="M5 5l14 14M19 5 5 19" stroke-width="2.5"/>',
  unknown: '<circle cx="12" cy="12" r="6.5"/>',
};

function plainSVG(name: string, colour: string): string {
  const body = plainShapes[name] ?? plainShapes.unknown;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="26" height="26" viewBox="-1 -1 26 26"><g fill="${colour}" stroke="#0b0f13" stroke-width="1.2" stroke-linejoin="round" paint-order="stroke">${body}</g></svg>`;
}

/** Every image that the map may ask for, as SVG. */
export function mapImages(): Record<string, string> {
  const out: Record<string, string> = {};
  for (const identity of ['unknown', 'friend']) {
    const colour = symbols.colours[identity]!;
    for (const name of Object.keys(plainShapes)) {
      const plain = plainSVG(name, colour);
      out[`plain-${name}-${identity}`] = plain;
      out[`military-${name}-${identity}`] = symbols.svg[`${name}-${identity}`] ?? plain; // the standard has no sign for an animal
    }
  }
  for (const p of Object.keys(outline)) {
    out[`alert-${p}`] = prioritySVG(p, false);
    out[`seen-${p}`] = prioritySVG(p, true);
  }
  out['sensor'] = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16"><path d="M8 2.5 13.5 13h-11Z" fill="#11171d" stroke="#9fb0bd" stroke-width="1.6" stroke-linejoin="round"/></svg>';
  out['sensor-bad'] = '<svg xmlns="http://www.w3.org/2000/svg" width="18" height="18" viewBox="0 0 18 18"><path d="M9 2 16 15.5H2Z" fill="#11171d" stroke="#ff6b6b" stroke-width="1.8" stroke-linejoin="round"/><path d="M6.5 8.5l5 5M11.5 8.5l-5 5" stroke="#ff6b6b" stroke-width="1.6"/></svg>';
  return out;
}

export const imageOf = (svg: string): string => `data:image/svg+xml,${encodeURIComponent(svg)}`;
export const known = (name: string): string => (name in plainShapes ? name : 'unknown');
export const trackImage = (name: string, friendly: boolean, plain: boolean): string =>
  `${plain ? 'plain' : 'military'}-${known(name)}-${friendly ? 'friend' : 'unknown'}`;
