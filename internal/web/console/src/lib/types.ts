// The events of PICTURE, as docs/architecture.md and /api/v1/openapi.json describe them. What a page reads of them is checked where they come in.

export type Priority = 'critical' | 'high' | 'medium' | 'low';

export type AlertState = 'unacknowledged' | 'acknowledged' | 'returned' | 'shelved' | 'suppressed' | 'out_of_service' | 'resolved';

export interface Evidence {
  sensor: string;
  group: string;
  time: string;
  residual_sigma: number;
  detection: string;
}

export interface Remark {
  by: string;
  time: string;
  text: string;
}

export interface Shelf {
  by: string;
  until: string;
  reason: string;
}

export interface Alert {
  id: string;
  kind: string;
  state: AlertState;
  level: string;
  priority: Priority;
  change: 'new' | 'update' | 'end';
  time: string;
  raised: string;
  updated: string;
  lat: number;
  lon: number;
  direction: string;
  count: number;
  class: string;
  confidence: number;
  tracks: string[];
  sensor?: string;
  evidence: Evidence[];
  rule: string;
  rule_fr?: string;
  text: string;
  text_fr?: string;
  against?: string[];
  against_fr?: string[];
  zone?: string;
  folded?: number;
  revision: number;
  acked_by?: string;
  acked_at?: string;
  owner?: string;
  shelf?: Shelf;
  verdict?: string;
  resolved_by?: string;
  comments?: Remark[];
  simulated?: boolean;
}

export interface Track {
  id: string;
  status: 'tentative' | 'confirmed' | 'coasting' | 'lost';
  lat: number;
  lon: number;
  alt_m?: number;
  speed_mps: number;
  course_deg: number;
  cov: { ee: number; en: number; nn: number };
  existence: number;
  class: Record<string, number>;
  sensors: string[];
  groups: string[];
  lineage: string[];
  friendly: boolean;
  count?: number;
  simulated?: boolean;
}

export interface Crossing {
  id: string;
  track: string;
  time: string;
  lat: number;
  lon: number;
  direction: string;
  level: string;
  confidence: number;
  groups: string[];
  time_sigma_s: number;
  place_sigma_m: number;
  friendly?: boolean;
}

export interface Sensor {
  id: string;
  state: 'unknown' | 'online' | 'degraded' | 'silent' | 'offline';
  rate_hz: number;
  latency_ms: number;
  clock_offset_ms: number;
  bias: { azimuth_deg: number; range_m: number; east_m: number; north_m: number; clock_s: number };
  battery_pct?: number;
  faults: string[];
  rejects: number;
  late: number;
  late_used?: number;
}

export interface Cell {
  from_m: number;
  to_m: number;
  sensors: string[];
}

export interface Coverage {
  watched_fraction: number;
  cells: Cell[];
}

export interface Reject {
  topic: string;
  sensor?: string;
  path: string;
  reason: string;
  received: string;
  payload_base64?: string;
}

export interface PictureEvent {
  type: string;
  time: string;
  sector: string;
  track?: Track;
  crossing?: Crossing;
  alert?: Alert;
  sensor?: Sensor;
  coverage?: Coverage;
  reject?: Reject;
}

export interface Component {
  name: string;
  ok: boolean;
  since: string;
  message: string;
}

export interface Status {
  ready: boolean;
  components: Component[];
  versions: Record<string, string>;
  rates: Record<string, number>;
  lags: Record<string, number>;
  started: string;
  seq: number;
}

export interface SiteSensor {
  id: string;
  sector: string;
  group: string;
  kind: string;
  format: string;
  topic: string;
  pose: { lat: number; lon: number; alt_m?: number; heading_deg?: number } | null;
  coverage: { range_m?: number; azimuth_deg?: number[] } | null;
}

export interface Site {
  name: string;
  version: string;
  simulated: boolean;
  sectors: { id: string; extent: { west: number; south: number; east: number; north: number }; sides: string[] }[];
  border: Features;
  zones: Features;
  sensors: SiteSensor[];
  basemap: { pmtiles: string } | null;
}

export interface Features {
  type: 'FeatureCollection';
  features: Feature[];
}

export interface Feature {
  type: 'Feature';
  properties: Record<string, unknown> | null;
  geometry: { type: string; coordinates: unknown };
}

export interface Kpi {
  rate_10min: number;
  standing: number;
  unacknowledged: number;
  oldest_unacknowledged: string | null;
  top: { source: string; count: number }[];
  shares: Record<string, number>;
  per_10min: { time: string; count: number }[];
}

export interface Plot {
  time: string;
  sensor: string;
  group: string;
  geometry: string;
  lat?: number;
  lon?: number;
  azimuth_deg?: number;
  range_m?: number;
  from?: { lat: number; lon: number };
  class?: string | Record<string, number>;
  media?: string[];
  id: string;
}

export interface Incident {
  alert: PictureEvent;
  crossing: PictureEvent | null;
  tracks: PictureEvent[];
  detections: Plot[];
  more?: boolean;
}

export interface Discovery {
  claimed: number;
  publishers: number;
  overlooked: number;
  yaml: string;
}

export interface Report {
  from: string;
  to: string;
  site: string;
  alerts: PictureEvent[];
  open: PictureEvent[];
  coverage: { sector: string; least: number; most: number; holes: Cell[] | null }[];
  away: { sensor: string; sector: string; state: string; from: string; to: string | null }[];
}
