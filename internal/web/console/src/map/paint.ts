import type { LonLat } from '../lib/geo';
import { round, type Camera } from './camera';
import type { DrawnTrack, Scene } from './data';

// Draws the scene over the map's backdrop. Dark and grey: colour is for what is not as it should be. The order of the calls is what lies
// over what. A canvas and no layers of the map: two thousand tracks that move twice a second cost it milliseconds, and the map behind
// is drawn only when it is moved.

const ground = '#0c1116';
const quiet = '#8396a3';
const bad = '#ff6b6b';
const own = '#74bdf0';
const other = '#eccb55';
const family = "'Inter Variable', system-ui, sans-serif";

export interface Hit {
  x: number;
  y: number;
  track?: string;
  alert?: string;
}

export interface Sprite {
  image: CanvasImageSource;
  width: number;
  height: number;
}

export interface Sprites {
  /** An image of that name, with its size on the screen; none while it is being made. */
  get(name: string): Sprite | undefined;
}

/** Draws, and says what lies where. unit is how much larger signs and names are than on a desk: the page's type grows on a wall too. */
export function paint(c: CanvasRenderingContext2D, scene: Scene, camera: Camera, sprites: Sprites, unit = 1): Hit[] {
  const p = new Painter(c, camera, sprites, unit);
  c.clearRect(0, 0, camera.width, camera.height);
  p.ground(scene);
  p.sensors(scene);
  p.incident(scene);
  p.tracks(scene.tracks);
  p.alerts(scene.alerts);
  p.names(scene);
  p.scale();
  return p.hits;
}

class Painter {
  readonly hits: Hit[] = [];
  private readonly taken = new Taken();
  private readonly zoom: number;

  constructor(
    private readonly c: CanvasRenderingContext2D,
    private readonly camera: Camera,
    private readonly sprites: Sprites,
    private readonly unit: number,
  ) {
    this.zoom = camera.place.zoom;
    c.lineJoin = 'round';
  }

  ground({ extents, zones, watched, posts, sides }: Scene): void {
    for (const path of extents) this.line(path, '#2a3641', 1, [2, 4]);
    for (const { rings } of zones) {
      this.area(rings, '#8fa3b3', 0.06);
      for (const ring of rings) this.line(ring, '#6d8090', 1, [3, 2]);
    }
    for (const { path, by } of watched) {
      if (by === 0) this.line(path, bad, 3.5, [4.2, 3.5]);
      else this.line(path, by === 1 ? '#5f8f86' : '#6fc7b2', by === 1 ? 2 : 3.2);
    }
    if (this.zoom >= 9.5) {
      for (const { at } of posts) this.dot(at, 2, ground, '#8aa0ad');
    }
    for (const { at, label } of sides) this.text(at, label, { size: 15, colour: '#5d6f7c', spacing: 3, always: true });
    for (const { path, by } of watched) {
      const middle = path[Math.floor(path.length / 2)];
      const end = path.at(-1);
      if (by === 0 && middle && end) this.text(path.length > 2 ? middle : between(path[0]!, end), '✕', { size: 13, colour: '#ff8a8a', always: true });
    }
  }

  sensors({ fans, sensors }: Scene): void {
    for (const f of fans) {
      if (!f.bad) this.area([f.ring], '#7aa6bf', 0.02);
      this.line(f.ring, f.bad ? bad : '#7aa6bf', f.bad ? 1.2 : 1, f.bad ? [2, 3] : [], f.bad ? 0.5 : 0.16);
    }
    const size = Math.min(1.1, Math.max(0.6, 0.6 + (0.5 * (this.zoom - 9)) / 4));
    for (const s of sensors) this.icon(s.at, s.bad ? 'sensor-bad' : 'sensor', size);
  }

  incident({ sights, paths, plots }: Scene): void {
    for (const s of sights) this.line(s.path, s.colour, 1, [], 0.22);
    const radius = Math.min(4.5, Math.max(2, 2 + (2.5 * (this.zoom - 10)) / 5));
    for (const plot of plots) this.dot(plot.at, radius, plot.colour, undefined, 0.75);
    for (const path of paths) this.line(path, '#e8eef3', 2, [], 0.75);
  }

  tracks(all: DrawnTrack[]): void {
    for (const friendly of [false, true]) {
      const some = all.filter((t) => t.friendly === friendly);
      const colour = friendly ? own : other;
      this.lines(some.map((t) => t.trail ?? []), colour, 1.4, 0.4);
      const rings = some.map((t) => t.ring ?? []);
      this.area(rings, colour, 0.08, 'nonzero');
      this.lines(rings, colour, 0.8, 0.45);
      this.lines(some.map((t) => (t.leader ? [t.at, t.leader] : [])), colour, 1.4, 0.9);
    }
    for (const t of all) {
      if (!this.camera.sees(t.at)) continue;
      this.c.globalAlpha = t.opacity;
      this.icon(t.at, t.icon, t.size);
      this.hits.push({ x: this.camera.x(t.at[0]), y: this.camera.y(t.at[1]), track: t.key });
    }
    this.c.globalAlpha = 1;
  }

  alerts(all: Scene['alerts']): void {
    for (const a of all) {
      if (!this.camera.sees(a.at)) continue;
      if (a.selected) this.dot(a.at, 19, undefined, '#e8eef3', 1, 1.6);
      this.icon(a.at, a.icon, 0.9);
      this.hits.push({ x: this.camera.x(a.at[0]), y: this.camera.y(a.at[1]), alert: a.id });
    }
  }

  /** Names go where there is room: first those that matter. */
  names({ tracks, sensors, posts, zones }: Scene): void {
    const named = this.zoom >= 11.5 ? tracks.filter((t) => t.label && this.camera.sees(t.at)) : [];
    for (const t of named.filter((n) => n.matters)) this.text(t.at, t.label, { size: 11, colour: '#c3ced7', dx: 15, align: 'left' });
    for (const t of named.filter((n) => !n.matters)) this.text(t.at, t.label, { size: 11, colour: '#c3ced7', dx: 15, align: 'left' });
    if (this.zoom >= 10.5) {
      for (const s of sensors) this.text(s.at, s.label, { size: 10.5, colour: s.bad ? '#ff8a8a' : quiet, dy: 14 + 11.5 * s.line });
    }
    if (this.zoom >= 9.5) {
      for (const p of posts) if (p.far || this.zoom >= 12) this.text(p.at, p.label, { size: 10.5, colour: quiet, dy: 14 });
    }
    if (this.zoom >= 10) {
      for (const z of zones) if (z.name) this.text(middleOf(z.rings[0]!), z.name, { size: 11, colour: '#8fa3b3' });
    }
  }

  scale(): void {
    const { c, camera } = this;
    const metres = round((120 * this.unit) / camera.metre);
    const [right, y] = [camera.width - 12, camera.height - 26];
    const left = right - metres * camera.metre;
    c.strokeStyle = '#5a6c79';
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(left, y - 5);
    c.lineTo(left, y);
    c.lineTo(right, y);
    c.lineTo(right, y - 5);
    c.stroke();
    c.font = `${11 * this.unit}px ${family}`;
    c.textAlign = 'right';
    c.textBaseline = 'alphabetic';
    c.fillStyle = '#9fb0bd';
    c.fillText(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, right - 3, y - 6);
  }

  private trace(path: LonLat[]): void {
    const { c, camera } = this;
    path.forEach(([lon, lat], i) => (i === 0 ? c.moveTo(camera.x(lon), camera.y(lat)) : c.lineTo(camera.x(lon), camera.y(lat))));
  }

  private line(path: LonLat[], colour: string, width: number, dash: number[] = [], alpha = 1): void {
    this.c.setLineDash(dash.map((d) => d * this.unit));
    this.lines([path], colour, width, alpha);
    this.c.setLineDash([]);
  }

  private lines(paths: LonLat[][], colour: string, width: number, alpha: number): void {
    const { c } = this;
    c.beginPath();
    for (const path of paths) if (path.length > 1) this.trace(path);
    c.globalAlpha = alpha;
    c.strokeStyle = colour;
    c.lineWidth = width * this.unit;
    c.stroke();
    c.globalAlpha = 1;
  }

  private area(rings: LonLat[][], colour: string, alpha: number, rule: CanvasFillRule = 'evenodd'): void {
    const { c } = this;
    c.beginPath();
    for (const ring of rings) this.trace(ring);
    c.globalAlpha = alpha;
    c.fillStyle = colour;
    c.fill(rule);
    c.globalAlpha = 1;
  }

  private dot(at: LonLat, radius: number, fill: string | undefined, stroke?: string, alpha = 1, width = 1): void {
    const { c, camera } = this;
    if (!camera.sees(at)) return;
    c.globalAlpha = alpha;
    c.beginPath();
    c.arc(camera.x(at[0]), camera.y(at[1]), radius * this.unit, 0, 2 * Math.PI);
    if (fill) {
      c.fillStyle = fill;
      c.fill();
    }
    if (stroke) {
      c.strokeStyle = stroke;
      c.lineWidth = width * this.unit;
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  private icon(at: LonLat, name: string, size: number): void {
    const sprite = this.sprites.get(name);
    if (!sprite) return;
    const [w, h] = [sprite.width * size * this.unit, sprite.height * size * this.unit];
    this.c.drawImage(sprite.image, this.camera.x(at[0]) - w / 2, this.camera.y(at[1]) - h / 2, w, h);
  }

  private text(at: LonLat, label: string, o: { size: number; colour: string; dx?: number; dy?: number; align?: 'left'; spacing?: number; always?: boolean }): void {
    const { c, camera } = this;
    if (!camera.sees(at)) return;
    const size = o.size * this.unit;
    c.font = `${size}px ${family}`;
    c.letterSpacing = `${o.spacing ?? 0}px`;
    const x = camera.x(at[0]) + (o.dx ?? 0) * this.unit;
    const y = camera.y(at[1]) + (o.dy ?? 0) * this.unit;
    const width = c.measureText(label).width;
    const left = o.align === 'left' ? x : x - width / 2;
    if (!this.taken.take(left, y - size / 2, width, size) && !o.always) return;
    c.textAlign = 'left';
    c.textBaseline = 'middle';
    c.strokeStyle = ground;
    c.lineWidth = 3 * this.unit;
    c.strokeText(label, left, y);
    c.fillStyle = o.colour;
    c.fillText(label, left, y);
    c.letterSpacing = '0px';
  }
}

const between = (a: LonLat, b: LonLat): LonLat => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
const middleOf = (ring: LonLat[]): LonLat => {
  const n = Math.max(1, ring.length - 1);
  return [ring.slice(0, n).reduce((s, p) => s + p[0], 0) / n, ring.slice(0, n).reduce((s, p) => s + p[1], 0) / n];
};

/** Where names stand already, in cells of the screen, so that a new one is compared with its neighbours alone. */
export class Taken {
  private readonly cells = new Map<string, number[][]>();

  /** Takes the place of a name; false if another one is there. */
  take(x: number, y: number, width: number, height: number): boolean {
    const box = [x, y, x + width, y + height];
    const keys: string[] = [];
    for (let i = Math.floor(x / 128); i <= Math.floor((x + width) / 128); i++) {
      for (let j = Math.floor(y / 64); j <= Math.floor((y + height) / 64); j++) keys.push(`${i},${j}`);
    }
    const meets = (b: number[]) => b[0]! < box[2]! && box[0]! < b[2]! && b[1]! < box[3]! && box[1]! < b[3]!;
    if (keys.some((k) => this.cells.get(k)?.some(meets))) return false;
    for (const k of keys) this.cells.set(k, [...(this.cells.get(k) ?? []), box]);
    return true;
  }
}
