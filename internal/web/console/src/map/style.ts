import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';

// Dark and grey: colour is for what is not as it should be. The order of the layers is what lies over what.

const font = ['Inter Variable', 'sans-serif'];
const none = { type: 'FeatureCollection' as const, features: [] };

export const sourceNames = ['land', 'zones', 'extents', 'fans', 'watched', 'posts', 'sensors', 'paths', 'sights', 'plots', 'trails', 'ellipses', 'leaders', 'tracks', 'alerts'] as const;
export type SourceName = (typeof sourceNames)[number];

export function style(): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(sourceNames.map((name) => [name, { type: 'geojson', data: none }])),
    layers: [{ id: 'ground', type: 'background', paint: { 'background-color': '#0c1116' } }, ...place(), ...sensorLayers(), ...incidentLayers(), ...trackLayers()],
  };
}

const halo = { 'text-halo-color': '#0c1116', 'text-halo-width': 1.6 };

function place(): LayerSpecification[] {
  return [
    { id: 'land', type: 'fill', source: 'land', filter: ['==', ['get', 'kind'], 'land'], paint: { 'fill-color': '#131a21', 'fill-antialias': false } },
    {
      id: 'countries', type: 'line', source: 'land', maxzoom: 9, filter: ['==', ['get', 'kind'], 'line'],
      paint: { 'line-color': '#33414d', 'line-width': 1, 'line-opacity': ['interpolate', ['linear'], ['zoom'], 7, 1, 9, 0] },
    },
    { id: 'extents', type: 'line', source: 'extents', paint: { 'line-color': '#2a3641', 'line-width': 1, 'line-dasharray': [2, 4] } },
    { id: 'zones', type: 'fill', source: 'zones', paint: { 'fill-color': '#8fa3b3', 'fill-opacity': 0.06 } },
    { id: 'zones-edge', type: 'line', source: 'zones', paint: { 'line-color': '#6d8090', 'line-width': 1, 'line-dasharray': [3, 2] } },
    {
      id: 'zones-name', type: 'symbol', source: 'zones', minzoom: 10,
      layout: { 'text-field': ['coalesce', ['get', 'name'], ['get', 'id'], ''], 'text-font': font, 'text-size': 11 },
      paint: { 'text-color': '#8fa3b3', ...halo },
    },
  ];
}

function sensorLayers(): LayerSpecification[] {
  return [
    { id: 'fans', type: 'fill', source: 'fans', filter: ['!', ['get', 'bad']], paint: { 'fill-color': '#7aa6bf', 'fill-opacity': 0.02 } },
    { id: 'fans-edge', type: 'line', source: 'fans', filter: ['!', ['get', 'bad']], paint: { 'line-color': '#7aa6bf', 'line-opacity': 0.16, 'line-width': 1 } },
    { id: 'fans-bad', type: 'line', source: 'fans', filter: ['get', 'bad'], paint: { 'line-color': '#ff6b6b', 'line-opacity': 0.5, 'line-width': 1.2, 'line-dasharray': [2, 3] } },
    {
      id: 'watched', type: 'line', source: 'watched', filter: ['>', ['get', 'by'], 0],
      paint: { 'line-color': ['match', ['get', 'by'], 1, '#5f8f86', '#6fc7b2'], 'line-width': ['match', ['get', 'by'], 1, 2, 3.2] },
    },
    { id: 'hole', type: 'line', source: 'watched', filter: ['==', ['get', 'by'], 0], paint: { 'line-color': '#ff6b6b', 'line-width': 3.5, 'line-dasharray': [1.2, 1] } },
    {
      id: 'hole-name', type: 'symbol', source: 'watched', filter: ['==', ['get', 'by'], 0],
      layout: { 'symbol-placement': 'line-center', 'text-field': '✕', 'text-font': font, 'text-size': 13, 'text-allow-overlap': true },
      paint: { 'text-color': '#ff8a8a', ...halo },
    },
    { id: 'posts', type: 'circle', source: 'posts', minzoom: 9.5, filter: ['==', ['get', 'kind'], 'post'], paint: { 'circle-radius': 2, 'circle-color': '#0c1116', 'circle-stroke-color': '#8aa0ad', 'circle-stroke-width': 1 } },
    {
      id: 'posts-name', type: 'symbol', source: 'posts', minzoom: 9.5, filter: ['==', ['get', 'kind'], 'post'],
      layout: { 'text-field': ['step', ['zoom'], ['get', 'far'], 12, ['get', 'label']], 'text-font': font, 'text-size': 10.5, 'text-offset': [0, 0.9], 'text-anchor': 'top' },
      paint: { 'text-color': '#8396a3', ...halo },
    },
    {
      id: 'sides', type: 'symbol', source: 'posts', filter: ['==', ['get', 'kind'], 'side'],
      layout: { 'text-field': ['get', 'label'], 'text-font': font, 'text-size': 15, 'text-letter-spacing': 0.2, 'text-allow-overlap': true },
      paint: { 'text-color': '#5d6f7c', ...halo },
    },
    { id: 'sensors', type: 'symbol', source: 'sensors', layout: { 'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-size': ['interpolate', ['linear'], ['zoom'], 9, 0.6, 13, 1.1] } },
    {
      id: 'sensors-name', type: 'symbol', source: 'sensors', minzoom: 10.5,
      layout: { 'text-field': ['get', 'label'], 'text-font': font, 'text-size': 10.5, 'text-anchor': 'top', 'text-offset': ['interpolate', ['linear'], ['get', 'line'], 0, ['literal', [0, 0.8]], 4, ['literal', [0, 5.2]]] },
      paint: { 'text-color': ['case', ['get', 'bad'], '#ff8a8a', '#8396a3'], ...halo },
    },
  ];
}

function incidentLayers(): LayerSpecification[] {
  return [
    { id: 'sights', type: 'line', source: 'sights', paint: { 'line-color': ['get', 'colour'], 'line-opacity': 0.22, 'line-width': 1 } },
    { id: 'paths', type: 'line', source: 'paths', layout: { 'line-cap': 'round' }, paint: { 'line-color': '#e8eef3', 'line-opacity': 0.75, 'line-width': 2 } },
    { id: 'plots', type: 'circle', source: 'plots', paint: { 'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 2, 15, 4.5], 'circle-color': ['get', 'colour'], 'circle-opacity': 0.75 } },
  ];
}

function trackLayers(): LayerSpecification[] {
  const colour = ['case', ['get', 'friendly'], '#74bdf0', '#eccb55'] as unknown as string;
  return [
    { id: 'trails', type: 'line', source: 'trails', layout: { 'line-join': 'round' }, paint: { 'line-color': colour, 'line-opacity': 0.4, 'line-width': 1.4 } },
    { id: 'ellipses', type: 'fill', source: 'ellipses', paint: { 'fill-color': colour, 'fill-opacity': 0.08 } },
    { id: 'ellipses-edge', type: 'line', source: 'ellipses', paint: { 'line-color': colour, 'line-opacity': 0.45, 'line-width': 0.8 } },
    { id: 'leaders', type: 'line', source: 'leaders', paint: { 'line-color': colour, 'line-opacity': 0.9, 'line-width': 1.4 } },
    {
      id: 'alerts-ring', type: 'circle', source: 'alerts', filter: ['get', 'selected'],
      paint: { 'circle-radius': 19, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': '#e8eef3', 'circle-stroke-width': 1.6 },
    },
    {
      id: 'tracks', type: 'symbol', source: 'tracks',
      layout: { 'icon-image': ['get', 'icon'], 'icon-size': ['get', 'size'], 'icon-allow-overlap': true, 'icon-ignore-placement': true },
      paint: { 'icon-opacity': ['get', 'dim'] },
    },
    {
      id: 'tracks-name', type: 'symbol', source: 'tracks', minzoom: 11.5,
      layout: { 'text-field': ['get', 'label'], 'text-font': font, 'text-size': 11, 'text-anchor': 'left', 'text-offset': [1.4, 0] },
      paint: { 'text-color': '#c3ced7', ...halo },
    },
    {
      id: 'alerts', type: 'symbol', source: 'alerts',
      layout: { 'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': 0.9, 'icon-offset': [0, 0], 'symbol-sort-key': ['get', 'order'] },
    },
  ];
}
