import { imageOf, mapImages } from '../lib/shapes';
import type { Backdrop } from './backdrop';
import { around, Camera, type Box, type Place } from './camera';
import { nothing, type Scene } from './data';
import { paint, type Hit, type Sprite } from './paint';

export interface Listener {
  moved(p: Place): void;
  track(key: string | undefined): void;
  alert(id: string): void;
  trouble(what: string): void;
}

const desk = 14.3; // px: the page's type on a screen of 1366
const near = 10; // px: what a click or the pointer means

/** The map: what happens on a canvas, over a backdrop of land and tiles that comes when it can and may be missing. */
export class View {
  private readonly context: CanvasRenderingContext2D;
  private readonly images = mapImages();
  private readonly sprites = new Map<string, Sprite | undefined>();
  private readonly sized: ResizeObserver;
  private scene: Scene = nothing;
  private place: Place;
  private hits: Hit[] = [];
  private backdrop: Backdrop | undefined;
  private due = 0;
  private pressed: { x: number; y: number } | undefined;
  private gone = false;
  private all = false; // that there is to show has been given once
  private making = 0; // sprites
  private unit = 1; // of signs and names

  constructor(
    private readonly box: HTMLElement,
    private readonly canvas: HTMLCanvasElement,
    at: Place | undefined,
    private readonly listener: Listener,
  ) {
    this.context = canvas.getContext('2d')!;
    this.place = at ?? { lat: 49, lon: -97, zoom: 3 };
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(box);
    this.resize();
    box.addEventListener('pointermove', (e) => (box.style.cursor = this.under(e) ? 'pointer' : ''));
    box.addEventListener('pointerdown', (e) => (this.pressed = { x: e.clientX, y: e.clientY }));
    box.addEventListener('click', (e) => this.clicked(e));
    void document.fonts.ready.then(() => this.invalidate());
  }

  /** Loads what is behind the picture: the land, and the site's own tiles. Nothing waits for it. */
  async furnish(tiles: string | undefined): Promise<void> {
    try {
      const { Backdrop } = await import('./backdrop');
      if (this.gone) return;
      this.backdrop = new Backdrop(this.box, this.place, tiles, {
        moving: (place) => {
          this.place = place;
          this.draw();
        },
        moved: () => this.listener.moved(this.place),
        trouble: (what) => this.listener.trouble(what),
      });
    } catch (e) {
      if (!this.gone) this.listener.trouble(e instanceof Error ? e.message : String(e)); // no WebGL: the picture is there all the same
    }
  }

  show(part: Partial<Scene>): void {
    this.scene = { ...this.scene, ...part };
    this.invalidate();
  }

  /** Says that the scene is whole: when it is drawn, that is what docs/console.md measures as the first picture. */
  complete(): void {
    if (this.all) return;
    this.all = true;
    this.invalidate();
  }

  go(lat: number, lon: number): void {
    this.move({ lat, lon, zoom: Math.max(this.place.zoom, 13.5) });
  }

  fit(all: Box): void {
    this.move(around(all, this.canvas.clientWidth, this.canvas.clientHeight));
  }

  zoom(by: number): void {
    this.move({ ...this.place, zoom: this.place.zoom + by });
  }

  /** What is on the map now, as a picture. */
  async picture(): Promise<Blob | undefined> {
    this.draw();
    const out = document.createElement('canvas');
    out.width = this.canvas.width;
    out.height = this.canvas.height;
    const c = out.getContext('2d')!;
    c.fillStyle = '#0c1116';
    c.fillRect(0, 0, out.width, out.height);
    this.backdrop?.copy((from) => c.drawImage(from, 0, 0, out.width, out.height));
    c.drawImage(this.canvas, 0, 0);
    return new Promise((done) => out.toBlob((blob) => done(blob ?? undefined), 'image/png'));
  }

  remove(): void {
    this.gone = true;
    cancelAnimationFrame(this.due);
    this.sized.disconnect();
    this.backdrop?.remove();
  }

  private move(to: Place): void {
    if (this.backdrop) return this.backdrop.go(to);
    this.place = to;
    this.invalidate();
    this.listener.moved(to);
  }

  private resize(): void {
    const ratio = window.devicePixelRatio;
    this.unit = Math.max(1, parseFloat(getComputedStyle(document.documentElement).fontSize) / desk);
    this.canvas.width = Math.round(this.box.clientWidth * ratio);
    this.canvas.height = Math.round(this.box.clientHeight * ratio);
    this.invalidate();
  }

  private invalidate(): void {
    this.due ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.due);
    this.due = 0;
    const { width, height } = this.canvas;
    const ratio = window.devicePixelRatio;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.hits = paint(this.context, this.scene, new Camera(this.place, width / ratio, height / ratio), { get: (name) => this.sprite(name) }, this.unit);
    if (this.all && this.making === 0 && performance.getEntriesByName('picture').length === 0) setTimeout(() => performance.mark('picture')); // after the frame
  }

  /** Images are made when they are first asked for, with twice the pixels: sharp on a wall of 4K too. */
  private sprite(name: string): Sprite | undefined {
    if (this.sprites.has(name)) return this.sprites.get(name);
    this.sprites.set(name, undefined);
    this.making++;
    const image = new Image();
    image.src = imageOf(this.images[name] ?? this.images['alert-low']!);
    void image.decode().then(() => {
      const { width, height } = image;
      const canvas = document.createElement('canvas');
      canvas.width = 2 * width;
      canvas.height = 2 * height;
      canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
      this.sprites.set(name, { image: canvas, width, height });
      this.making--;
      this.invalidate();
    });
    return undefined;
  }

  private under(e: MouseEvent, kind?: 'track' | 'alert'): Hit | undefined {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [x, y] = [e.clientX - left, e.clientY - top];
    let best: Hit | undefined;
    let least = near;
    for (const h of this.hits) {
      const d = Math.hypot(h.x - x, h.y - y);
      if (d <= least && (!kind || h[kind] !== undefined)) [best, least] = [h, d];
    }
    return best;
  }

  private clicked(e: MouseEvent): void {
    if (this.pressed && Math.hypot(e.clientX - this.pressed.x, e.clientY - this.pressed.y) > 4) return; // a drag
    this.listener.track(this.under(e, 'track')?.track);
    const alert = this.under(e, 'alert')?.alert;
    if (alert) this.listener.alert(alert);
  }
}
