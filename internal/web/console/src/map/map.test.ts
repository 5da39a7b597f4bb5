import { describe, expect, it } from 'vitest';
import type { LiveAlert } from '../lib/picture';
import type { Alert, Site } from '../lib/types';
import { around, Camera, round } from './camera';
import * as data from './data';
import { Taken } from './paint';

const box = { west: -97.5, south: 48.9, east: -97, north: 49.1 };
const site = (more: Partial<Site>): Site => ({ sectors: [], sensors: [], basemap: null, ...more }) as unknown as Site;
const line = (coordinates: unknown) => ({ type: 'FeatureCollection' as const, features: [{ type: 'Feature' as const, properties: {}, geometry: { type: 'LineString', coordinates } }] });

describe('the camera', () => {
  it('puts Greenwich and the equator in the middle of a world of 512 pixels', () => {
    const c = new Camera({ lat: 0, lon: 0, zoom: 0 }, 800, 600);
    expect([c.x(0), c.y(0), c.x(180) - c.x(-180)]).toEqual([400, 300, 512]);
    expect(c.y(-85.051129) - c.y(85.051129)).toBeCloseTo(512, 3);
  });
  it('shows all of a box, and the longer side fills the screen', () => {
    for (const [width, height] of [[1366, 768], [390, 844]] as const) {
      const c = new Camera(around(box, width, height, 20), width, height);
      const edges = [c.x(box.west), c.y(box.north), width - c.x(box.east), height - c.y(box.south)];
      expect(Math.min(...edges)).toBeCloseTo(20, 6);
      expect(edges[0]).toBeCloseTo(edges[2]!, 6);
      expect(edges[1]).toBeCloseTo(edges[3]!, 6);
    }
  });
  it('measures metres', () => {
    const c = new Camera({ lat: 49, lon: -97, zoom: 12 }, 800, 600);
    expect((c.x(-96.99) - c.x(-97)) / c.metre).toBeCloseTo(730.3, 0); // 0.01° at 49° north
    expect([0.7, 1, 3, 7, 120, 1999].map(round)).toEqual([0.5, 1, 2, 5, 100, 1000]);
  });
});

describe('what is drawn', () => {
  it('says of a border that is no line, and of a zone that is no area, that they are none', () => {
    expect(data.borderLine(site({}))).toBeUndefined();
    expect(data.borderLine(site({ border: line([[-97, 49], ['x', 49], [-97.2, 49]]) }))!.points).toHaveLength(2);
    expect(() => data.borderLine(site({ border: line([[-97, 49]]) }))).toThrow('no line');
    expect(() => data.zones(line([[-97, 49], [-97.1, 49]]))).toThrow('zone 1: LineString is no area');
    const ring = [[-97, 49], [-97.1, 49], [-97.1, 49.1], [-97, 49]];
    expect(data.zones({ type: 'FeatureCollection', features: [{ type: 'Feature', properties: { name: 'yard' }, geometry: { type: 'MultiPolygon', coordinates: [[ring], [ring]] } }] }))
      .toEqual([{ name: 'yard', rings: [ring, ring] }]);
  });
  it('draws the line as it is while nobody has told who watches it, and its holes when somebody has', () => {
    const border = data.borderLine(site({ border: line([[-97, 49], [-97.1, 49]]) }))!;
    expect(data.watched(border, undefined, [])).toEqual([{ path: border.points, by: 1 }]);
    const cells = [{ from_m: 0, to_m: 500, sensors: ['a', 'b', 'c'] }, { from_m: 500, to_m: 900, sensors: [] }];
    expect(data.watched(border, undefined, [['s', { watched_fraction: 0.5, cells }]]).map((w) => w.by)).toEqual([2, 0]);
  });
  it('puts what waits for an answer above what does not, and leaves out what is nowhere', () => {
    const at = (id: string, more: Partial<Alert>): LiveAlert => ({ alert: { id, state: 'unacknowledged', change: 'new', priority: 'high', lat: 49, lon: -97, ...more } as Alert, sector: 's', raised: 0 });
    const list = [at('open', {}), at('seen', { state: 'acknowledged' }), at('nowhere', { lat: 0, lon: 0 }), at('over', { change: 'end' }), at('broken', { lon: Number.NaN })];
    expect(data.alerts(list, 'seen').map((a) => [a.id, a.icon, a.selected])).toEqual([['seen', 'seen-high', true], ['open', 'alert-high', false]]);
  });
  it('lets no two names meet', () => {
    const taken = new Taken();
    expect(taken.take(100, 100, 60, 11)).toBe(true);
    expect(taken.take(150, 105, 300, 11)).toBe(false); // from another cell of the screen too
    expect(taken.take(150, 112, 300, 11)).toBe(true);
    expect(taken.take(-500, 108, 601, 11)).toBe(false);
  });
});
