// One key, one deed. The help overlay and the buttons' hints are made of this table.

export type Deed =
  | 'next' | 'down' | 'up' | 'open' | 'ack' | 'shelve' | 'assign' | 'comment' | 'resolve' | 'centre' | 'replay' | 'sound'
  | 'dim' | 'language' | 'clock' | 'symbols' | 'live' | 'sensors' | 'handover' | 'fit' | 'help' | 'close' | 'play' | 'back' | 'forward' | 'export';

export const keymap: { key: string; deed: Deed; shown: string; group: 'alert' | 'view' | 'replay' }[] = [
  { key: 'n', deed: 'next', shown: 'N', group: 'alert' },
  { key: 'j', deed: 'down', shown: 'J', group: 'alert' },
  { key: 'k', deed: 'up', shown: 'K', group: 'alert' },
  { key: 'Enter', deed: 'open', shown: 'Enter', group: 'alert' },
  { key: 'a', deed: 'ack', shown: 'A', group: 'alert' },
  { key: 's', deed: 'shelve', shown: 'S', group: 'alert' },
  { key: 'o', deed: 'assign', shown: 'O', group: 'alert' },
  { key: 'c', deed: 'comment', shown: 'C', group: 'alert' },
  { key: 'v', deed: 'resolve', shown: 'V', group: 'alert' },
  { key: 'z', deed: 'centre', shown: 'Z', group: 'alert' },
  { key: 'r', deed: 'replay', shown: 'R', group: 'alert' },
  { key: 'e', deed: 'export', shown: 'E', group: 'alert' },
  { key: '1', deed: 'live', shown: '1', group: 'view' },
  { key: '2', deed: 'sensors', shown: '2', group: 'view' },
  { key: '3', deed: 'handover', shown: '3', group: 'view' },
  { key: 'f', deed: 'fit', shown: 'F', group: 'view' },
  { key: 'm', deed: 'sound', shown: 'M', group: 'view' },
  { key: 'd', deed: 'dim', shown: 'D', group: 'view' },
  { key: 'l', deed: 'language', shown: 'L', group: 'view' },
  { key: 'u', deed: 'clock', shown: 'U', group: 'view' },
  { key: 'y', deed: 'symbols', shown: 'Y', group: 'view' },
  { key: '?', deed: 'help', shown: '?', group: 'view' },
  { key: 'Escape', deed: 'close', shown: 'Esc', group: 'view' },
  { key: ' ', deed: 'play', shown: 'Space', group: 'replay' },
  { key: ',', deed: 'back', shown: ',', group: 'replay' },
  { key: '.', deed: 'forward', shown: '.', group: 'replay' },
];

/** The deed of a key press; none while somebody writes, or with a key of the browser's. */
export function deed(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>, target: { tagName?: string } | null): Deed | undefined {
  if (e.ctrlKey || e.altKey || e.metaKey) return undefined;
  const tag = target?.tagName ?? '';
  if (['INPUT', 'TEXTAREA', 'SELECT'].includes(tag)) return undefined;
  if (['BUTTON', 'A', 'SUMMARY'].includes(tag) && (e.key === 'Enter' || e.key === ' ')) return undefined;
  return keymap.find((k) => k.key === (e.key.length === 1 ? e.key.toLowerCase() : e.key))?.deed;
}

export const shown = (d: Deed): string => keymap.find((k) => k.deed === d)?.shown ?? '';
