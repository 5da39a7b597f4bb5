import type { LonLat } from '../lib/geo';

// Web Mercator as the map's tiles have it: a world of 512 pixels at zoom 0, north up, no tilt.

export interface Place {
  lat: number;
  lon: number;
  zoom: number;
}

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

const tile = 512;
const circumference = 40_075_017; // m, at the equator
const mercator = (lat: number): number => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

/** Where a place is on a screen of so many pixels. */
export class Camera {
  private readonly world: number;
  private readonly left: number;
  private readonly top: number;

  constructor(
    readonly place: Place,
    readonly width: number,
    readonly height: number,
  ) {
    this.world = tile * 2 ** place.zoom;
    this.left = width / 2 - this.world * (place.lon / 360);
    this.top = height / 2 - this.world * mercator(place.lat);
  }

  x = (lon: number): number => this.left + this.world * (lon / 360);
  y = (lat: number): number => this.top + this.world * mercator(lat);

  /** How long a metre is in the middle of the screen, in pixels. */
  get metre(): number {
    return this.world / (circumference * Math.cos((this.place.lat * Math.PI) / 180));
  }

  sees([lon, lat]: LonLat, margin = 40): boolean {
    const x = this.x(lon);
    const y = this.y(lat);
    return x > -margin && y > -margin && x < this.width + margin && y < this.height + margin;
  }
}

/** The place from which all of a box is seen. */
export function around(box: Box, width: number, height: number, padding = 28): Place {
  const [top, bottom] = [mercator(box.north), mercator(box.south)];
  const across = (Math.max(width - 2 * padding, 1) * 360) / Math.max(box.east - box.west, 1e-6);
  const down = Math.max(height - 2 * padding, 1) / Math.max(bottom - top, 1e-9);
  const middle = (top + bottom) / 2;
  return {
    lon: (box.west + box.east) / 2,
    lat: (360 / Math.PI) * Math.atan(Math.exp(Math.PI * (1 - 2 * middle))) - 90,
    zoom: Math.min(Math.log2(Math.min(across, down) / tile), 20),
  };
}

/** The longest round length that fits: 1, 2 or 5 times a power of ten, in metres. */
export function round(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  return power * ([5, 2].find((n) => n * power <= metres) ?? 1);
}
