import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature, mesh } from 'topojson-client';

// Natural Earth (public domain) as the world-atlas package has it: all land at 1:110m, and Canada with its neighbours at 1:50m. It
// says where on earth one is, no more: the line that alerts are decided on is the site's own, and this one is left out beside it.
const require = createRequire(import.meta.url);
const fine = new Set(['Canada', 'United States of America', 'Mexico', 'Greenland']);
const digits = 2; // of a degree: a kilometre, as good as the data

const atlas = (name) => JSON.parse(readFileSync(require.resolve(`world-atlas/${name}.json`), 'utf8'));
const point = (c) => c.map((v) => Number(v.toFixed(digits)));
const same = (a, b) => b && a[0] === b[0] && a[1] === b[1];
const path = (c) => c.map(point).filter((p, i, all) => !same(p, all[i - 1]));
const depth = { LineString: 0, Polygon: 1, MultiLineString: 1, MultiPolygon: 2 };
const round = (c, n) => (n === 0 ? path(c) : c.map((part) => round(part, n - 1)).filter((part) => part.length > 0));
const whole = (c) => c.filter((ring) => ring.length > 3); // an islet that rounding made a point of

function coordinates({ type, coordinates: c }) {
  const rounded = round(c, depth[type]);
  if (type === 'Polygon') return whole(rounded);
  return type === 'MultiPolygon' ? rounded.map(whole).filter((polygon) => polygon.length > 0) : rounded;
}

export function drawBasemap() {
  const coarse = atlas('countries-110m');
  const detailed = atlas('countries-50m');
  const named = (topology, keep) => ({
    type: 'GeometryCollection',
    geometries: topology.objects.countries.geometries.filter((g) => keep(g.properties.name)),
  });
  const near = named(detailed, (name) => fine.has(name));
  const far = named(coarse, (name) => !fine.has(name));
  const land = [...feature(coarse, far).features, ...feature(detailed, near).features];
  const lines = [mesh(coarse, far, (a, b) => a !== b), mesh(detailed, near, (a, b) => a !== b)];
  const plain = (kind, geometry) => ({
    type: 'Feature',
    properties: { kind },
    geometry: { type: geometry.type, coordinates: coordinates(geometry) },
  });
  return {
    type: 'FeatureCollection',
    features: [...land.map((f) => plain('land', f.geometry)), ...lines.map((g) => plain('line', g))],
  };
}

const id = 'virtual:basemap';

export function basemap() {
  return {
    name: 'cutline-basemap',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? `export default JSON.parse(${JSON.stringify(JSON.stringify(drawBasemap()))})` : undefined),
  };
}
