import { addProtocol, LngLatBounds, Map as GLMap, ScaleControl, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { Protocol } from 'pmtiles';
import { imageOf, mapImages } from '../lib/shapes';
import type { Site } from '../lib/types';
import type { Items } from './data';
import { style, type SourceName } from './style';

export interface Place {
  lat: number;
  lon: number;
  zoom: number;
}

export interface Listener {
  moved(p: Place): void;
  track(key: string | undefined): void;
  alert(id: string): void;
  trouble(what: string): void;
}

/** The map: what of MapLibre the console uses. */
export class View {
  private readonly map: GLMap;
  private readonly waiting = new Map<SourceName, Items>();
  private ready = false;

  constructor(container: HTMLElement, at: Place | undefined, private readonly listener: Listener) {
    setWorkerUrl(workerUrl);
    this.map = new GLMap({
      container,
      style: style(),
      center: at ? [at.lon, at.lat] : [-97, 49],
      zoom: at?.zoom ?? 3,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      renderWorldCopies: false,
      refreshExpiredTiles: false,
      keyboard: false, // the console's own keys
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-right');
    this.map.on('load', () => void this.loaded());
    this.map.on('moveend', () => this.listener.moved(this.place()));
    this.map.on('error', (e) => this.listener.trouble(String(e.error?.message ?? e)));
    this.map.on('click', (e) => this.clicked(e.point.x, e.point.y));
    for (const layer of ['tracks', 'alerts']) {
      this.map.on('mouseenter', layer, () => (this.map.getCanvas().style.cursor = 'pointer'));
      this.map.on('mouseleave', layer, () => (this.map.getCanvas().style.cursor = ''));
    }
  }

  private async loaded(): Promise<void> {
    await Promise.all(Object.entries(mapImages()).map(async ([name, svg]) => {
      const image = new Image();
      image.src = imageOf(svg);
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = 2 * image.width; // twice the pixels: sharp on a wall of 4K too
      canvas.height = 2 * image.height;
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      this.map.addImage(name, context.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: 2 });
    }));
    this.ready = true;
    for (const [name, data] of this.waiting) this.set(name, data);
    this.waiting.clear();
    this.map.once('idle', () => performance.mark('picture')); // what docs/console.md measures as the first picture
    try {
      const { default: land } = await import('virtual:basemap');
      this.set('land', land as unknown as Items);
    } catch {
      // the server went away while the page was loading, which the screen says elsewhere: the map does without its backdrop
    }
  }

  set(name: SourceName, data: Items): void {
    if (!this.ready) this.waiting.set(name, data);
    else (this.map.getSource(name) as GeoJSONSource | undefined)?.setData(data as Parameters<GeoJSONSource['setData']>[0]);
  }

  /** Tiles of the site's own, under everything else. A file that cannot be read is told, and the map goes on without it. */
  tiles(path: string): void {
    const protocol = new Protocol();
    addProtocol('pmtiles', protocol.tile);
    this.map.addSource('tiles', { type: 'vector', url: `pmtiles://${new URL(path, location.href).href}`, attribution: '© OpenStreetMap' });
    const fill = (id: string, layer: string, colour: string) =>
      this.map.addLayer({ id, type: 'fill', source: 'tiles', 'source-layer': layer, paint: { 'fill-color': colour } }, 'extents');
    fill('t-earth', 'earth', '#131a21');
    fill('t-landuse', 'landuse', '#151e25');
    fill('t-water', 'water', '#0d1722');
    this.map.addLayer({ id: 't-roads', type: 'line', source: 'tiles', 'source-layer': 'roads', paint: { 'line-color': '#2b3640', 'line-width': 1 } }, 'extents');
    this.map.addLayer({ id: 't-buildings', type: 'fill', source: 'tiles', 'source-layer': 'buildings', paint: { 'fill-color': '#1d2730' } }, 'extents');
    this.map.addLayer({
      id: 't-places', type: 'symbol', source: 'tiles', 'source-layer': 'places',
      layout: { 'text-field': ['coalesce', ['get', 'name'], ''], 'text-font': ['Inter Variable', 'sans-serif'], 'text-size': 12 },
      paint: { 'text-color': '#7e8f9b', 'text-halo-color': '#0c1116', 'text-halo-width': 1.4 },
    }, 'sensors');
  }

  whenLoaded(then: () => void): void {
    if (this.map.loaded()) then();
    else this.map.once('load', then);
  }

  private clicked(x: number, y: number): void {
    const near = (layer: string) => this.map.queryRenderedFeatures([[x - 8, y - 8], [x + 8, y + 8]], { layers: [layer] })[0]?.properties;
    const alert = near('alerts');
    const track = near('tracks');
    this.listener.track(track?.key as string | undefined);
    if (alert) this.listener.alert(alert.id as string);
  }

  place(): Place {
    const c = this.map.getCenter();
    return { lat: c.lat, lon: c.lng, zoom: this.map.getZoom() };
  }

  go(lat: number, lon: number): void {
    this.map.easeTo({ center: [lon, lat], zoom: Math.max(this.map.getZoom(), 13.5), duration: this.calm() });
  }

  fit(site: Site | undefined): void {
    if (!site || site.sectors.length === 0) return;
    const box = new LngLatBounds();
    for (const { extent: e } of site.sectors) box.extend([e.west, e.south]).extend([e.east, e.north]);
    this.map.fitBounds(box, { padding: 28, duration: this.calm() });
  }

  zoom(by: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: this.calm() });
  }

  private calm(): number {
    return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 350;
  }

  remove(): void {
    this.map.remove();
  }
}
