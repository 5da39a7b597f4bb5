import ms from 'milsymbol';

// Symbols of MIL-STD-2525E / APP-6E, drawn when the console is built: the page needs two dozen of them, not the library of a megabyte.
// Identities are unknown and friend only: nobody is hostile because a sensor says so.
const identities = { unknown: '1', friend: '3' };
const entities = {
  person: ['11', '110300'], // individual
  group: ['11', '110400'],
  vehicle: ['15', '160100'], // automobile
  drone: ['01', '120300'], // civilian, unmanned
  aircraft: ['01', '120100'], // civilian, fixed wing
  boat: ['30', '140400'],
  unknown: ['10', '000000'],
};
const colours = { unknown: '#eccb55', friend: '#74bdf0' };
const colorMode = { Unknown: colours.unknown, Friend: colours.friend, Civilian: colours.unknown, Hostile: '#f00', Neutral: '#0f0', Suspect: '#f80' };

export function drawSymbols() {
  const out = {};
  for (const [identity, digit] of Object.entries(identities)) {
    for (const [name, [set, entity]] of Object.entries(entities)) {
      const sidc = `130${digit}${set}0000${entity}0000`.padEnd(30, '0');
      const symbol = new ms.Symbol(sidc, { size: 24, civilianColor: false, colorMode, outlineWidth: 2, outlineColor: '#0b0f13' });
      if (!symbol.isValid()) throw new Error(`milsymbol does not know ${name}: ${sidc}`);
      out[`${name}-${identity}`] = symbol.asSVG();
    }
  }
  return { svg: out, colours };
}

const id = 'virtual:symbols';

export function symbols() {
  return {
    name: 'cutline-symbols',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? `export default ${JSON.stringify(drawSymbols())}` : undefined),
  };
}
