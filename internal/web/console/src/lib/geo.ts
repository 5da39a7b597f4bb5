// Plane geometry for drawing: within the 60 km of a sector a degree is as long as it is at its middle, to a pixel.

export type LonLat = [number, number];

const metresPerDegree = 111_320;

export const east = (lat: number): number => metresPerDegree * Math.cos((lat * Math.PI) / 180);

/** The point that lies dx metres east and dy metres north of another. */
export function offset([lon, lat]: LonLat, dx: number, dy: number): LonLat {
  return [lon + dx / east(lat), lat + dy / metresPerDegree];
}

/** The point at a bearing (degrees from true north) and a distance in metres. */
export function along(from: LonLat, bearing: number, distance: number): LonLat {
  const a = (bearing * Math.PI) / 180;
  return offset(from, distance * Math.sin(a), distance * Math.cos(a));
}

export function distance(a: LonLat, b: LonLat): number {
  const dx = (b[0] - a[0]) * east((a[1] + b[1]) / 2);
  return Math.hypot(dx, (b[1] - a[1]) * metresPerDegree);
}

/** Bearing from a to b in degrees, 0 … 360. */
export function bearing(a: LonLat, b: LonLat): number {
  const dx = (b[0] - a[0]) * east((a[1] + b[1]) / 2);
  const deg = (Math.atan2(dx, (b[1] - a[1]) * metresPerDegree) * 180) / Math.PI;
  return (deg + 360) % 360;
}

/** The ring of a covariance's ellipse (m², east and north) at a number of sigmas; empty for one that is none. */
export function ellipse(at: LonLat, cov: { ee: number; en: number; nn: number }, sigmas: number, points = 32): LonLat[] {
  const mean = (cov.ee + cov.nn) / 2;
  const root = Math.hypot((cov.ee - cov.nn) / 2, cov.en);
  const minor = mean - root;
  if (!(minor > 0) || !Number.isFinite(mean + root)) return [];
  const a = sigmas * Math.sqrt(mean + root);
  const b = sigmas * Math.sqrt(minor);
  const turn = Math.atan2(2 * cov.en, cov.ee - cov.nn) / 2;
  const ring: LonLat[] = [];
  for (let i = 0; i <= points; i++) {
    const t = (2 * Math.PI * (i % points)) / points;
    const x = a * Math.cos(t);
    const y = b * Math.sin(t);
    ring.push(offset(at, x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)));
  }
  return ring;
}

/** The ring of what a sensor can see: a sector of a circle, or all of it when the azimuths are left out. */
export function fan(at: LonLat, range: number, azimuth?: number[]): LonLat[] {
  const from = azimuth?.[0] ?? 0;
  const to = azimuth?.[1] ?? 360;
  const width = (((to - from) % 360) + 360) % 360 || 360;
  const steps = Math.max(8, Math.ceil(width / 5));
  const ring: LonLat[] = width < 360 ? [at] : [];
  for (let i = 0; i <= steps; i++) ring.push(along(at, from + (width * i) / steps, range));
  ring.push(ring[0]!);
  return ring;
}

/** A line that can be asked for the part between two distances from its start, in metres. */
export class Line {
  private readonly sums: number[] = [0];

  constructor(readonly points: LonLat[]) {
    for (let i = 1; i < points.length; i++) this.sums.push(this.sums[i - 1]! + distance(points[i - 1]!, points[i]!));
  }

  get length(): number {
    return this.sums.at(-1) ?? 0;
  }

  at(metres: number): LonLat {
    const want = Math.min(Math.max(metres, 0), this.length);
    const i = Math.max(1, this.sums.findIndex((s) => s >= want));
    const a = this.points[i - 1]!;
    const b = this.points[i] ?? a;
    const whole = (this.sums[i] ?? 0) - this.sums[i - 1]!;
    const part = whole > 0 ? (want - this.sums[i - 1]!) / whole : 0;
    return [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])];
  }

  part(from: number, to: number): LonLat[] {
    const inner = this.points.filter((_, i) => this.sums[i]! > from && this.sums[i]! < to);
    return [this.at(from), ...inner, this.at(to)];
  }

  /** The nearest place on the line, as metres from its start. */
  near(p: LonLat): number {
    let best = Infinity;
    let found = 0;
    for (let i = 1; i < this.points.length; i++) {
      const a = this.points[i - 1]!;
      const b = this.points[i]!;
      const k = east(p[1]) / metresPerDegree;
      const dx = (b[0] - a[0]) * k;
      const dy = b[1] - a[1];
      const t = Math.min(1, Math.max(0, ((p[0] - a[0]) * k * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)));
      const d = distance(p, [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
      if (d < best) {
        best = d;
        found = this.sums[i - 1]! + t * (this.sums[i]! - this.sums[i - 1]!);
      }
    }
    return found;
  }
}
