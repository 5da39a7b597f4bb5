import 'maplibre-gl/dist/maplibre-gl.css';
import { addProtocol, AttributionControl, Map as GLMap, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { Protocol } from 'pmtiles';
import type { Place } from './camera';

// The land behind the picture, and the site's own tiles: what of MapLibre the console uses. It also moves the camera.

export interface Watcher {
  moving(p: Place): void; // at each frame of a move, before it is drawn
  moved(): void;
  trouble(what: string): void;
}

const glide = 350; // ms
const smooth = 20; // frames a second: below it a glide is none, and the next move is a jump

export class Backdrop {
  private readonly map: GLMap;
  private pending = 0;
  private glides = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  private begun = 0; // of a glide; 0 is none
  private frames = 0;

  constructor(box: HTMLElement, at: Place, tiles: string | undefined, watcher: Watcher) {
    setWorkerUrl(workerUrl);
    this.map = new GLMap({
      container: box,
      style: style(),
      center: [at.lon, at.lat],
      zoom: at.zoom,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      renderWorldCopies: false,
      refreshExpiredTiles: false,
      keyboard: false, // the console's own keys
      trackResize: true,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.on('move', () => {
      this.frames++;
      watcher.moving(this.place());
    });
    this.map.on('moveend', () => {
      this.judge();
      watcher.moved();
    });
    this.map.on('error', (e) => watcher.trouble(String(e.error?.message ?? e)));
    this.map.once('load', () => void this.furnish(tiles));
    watcher.moving(this.place());
  }

  private async furnish(tiles: string | undefined): Promise<void> {
    try {
      const { default: land } = await import('virtual:basemap');
      this.map.addSource('land', { type: 'geojson', data: land as never });
      this.map.addLayer({ id: 'land', type: 'fill', source: 'land', filter: ['==', ['get', 'kind'], 'land'], paint: { 'fill-color': '#131a21', 'fill-antialias': false } });
      this.map.addLayer({
        id: 'countries', type: 'line', source: 'land', maxzoom: 9, filter: ['==', ['get', 'kind'], 'line'],
        paint: { 'line-color': '#33414d', 'line-width': 1, 'line-opacity': ['interpolate', ['linear'], ['zoom'], 7, 1, 9, 0] },
      });
    } catch {
      // the server went away while the page was loading, which the screen says elsewhere: the map does without its land
    }
    if (tiles) this.tiles(tiles);
    this.map.once('idle', () => performance.mark('backdrop')); // what docs/console.md measures
  }

  /** Tiles of the site's own. A file that cannot be read is told, and the map goes on without it. */
  private tiles(path: string): void {
    const { map } = this;
    addProtocol('pmtiles', new Protocol().tile);
    map.addSource('tiles', { type: 'vector', url: `pmtiles://${new URL(path, location.href).href}` });
    map.addControl(new AttributionControl({ compact: false, customAttribution: '© OpenStreetMap' }), 'bottom-right');
    const fill = (id: string, layer: string, colour: string) =>
      map.addLayer({ id, type: 'fill', source: 'tiles', 'source-layer': layer, paint: { 'fill-color': colour } });
    fill('t-earth', 'earth', '#131a21');
    fill('t-landuse', 'landuse', '#151e25');
    fill('t-water', 'water', '#0d1722');
    map.addLayer({ id: 't-roads', type: 'line', source: 'tiles', 'source-layer': 'roads', paint: { 'line-color': '#2b3640', 'line-width': 1 } });
    fill('t-buildings', 'buildings', '#1d2730');
    map.addLayer({
      id: 't-places', type: 'symbol', source: 'tiles', 'source-layer': 'places',
      layout: { 'text-field': ['coalesce', ['get', 'name'], ''], 'text-font': ['Inter Variable', 'sans-serif'], 'text-size': 12 },
      paint: { 'text-color': '#7e8f9b', 'text-halo-color': '#0c1116', 'text-halo-width': 1.4 },
    });
  }

  private place(): Place {
    const c = this.map.getCenter();
    return { lat: c.lat, lon: c.lng, zoom: this.map.getZoom() };
  }

  /**
   * Moves the camera, after the frame that answers the key: the list must not wait for the map. It glides where the machine can draw
   * that, and jumps where the last glide was none.
   */
  go(to: Place): void {
    clearTimeout(this.pending);
    this.pending = window.setTimeout(() => {
      this.begun = this.glides ? performance.now() : 0;
      this.frames = 0;
      this.map.easeTo({ center: [to.lon, to.lat], zoom: to.zoom, duration: this.glides ? glide : 0 });
    }, 50);
  }

  private judge(): void {
    const passed = performance.now() - this.begun;
    if (this.begun && passed > glide / 2) this.glides = (1000 * this.frames) / passed > smooth;
    this.begun = 0;
  }

  /** Gives the canvas while what was drawn is still in it. */
  copy(take: (canvas: HTMLCanvasElement) => void): void {
    this.map.redraw();
    take(this.map.getCanvas());
  }

  remove(): void {
    clearTimeout(this.pending);
    this.map.remove();
  }
}

const style = (): StyleSpecification => ({
  version: 8,
  sources: {},
  layers: [{ id: 'ground', type: 'background', paint: { 'background-color': '#0c1116' } }],
});
