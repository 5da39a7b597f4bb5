import ms from 'milsymbol';

// Symbols of MIL-STD-2525E / APP-6E, drawn when the console is built: the page needs two dozen of them, not the library of a megabyte.
// Identities are unknown and friend only: nobody is hostile because a sensor says so.
const identities = { unknown: '1', friend: '3' };
const entities = {
  person: ['27', '110200'], // dismounted individual, civilian
  group: ['11', '110400'],
  vehicle: ['15', '160100'], // civilian automobile
  drone: ['01', '120300'], // civilian, unmanned
  aircraft: ['01', '120100'],
  boat: ['30', '140000'],
  unknown: ['10', '000000'],
};
const colours = { unknown: '#f7d154', friend: '#7cc4f5' };

export function drawSymbols() {
  const out = {};
  for (const [identity, digit] of Object.entries(identities)) {
    for (const [name, [set, entity]] of Object.entries(entities)) {
      const sidc = `130${digit}${set}0000${entity}0000`.padEnd(30, '0');
      const symbol = new ms.Symbol(sidc, { size: 22, fillOpacity: 0.85, outlineWidth: 2, outlineColor: '#0b0f13' });
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
