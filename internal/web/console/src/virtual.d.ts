declare module 'virtual:symbols' {
  const symbols: { svg: Record<string, string>; colours: Record<string, string> };
  export default symbols;
}
declare module 'virtual:basemap' {
  const basemap: import('./lib/types').Features;
  export default basemap;
}
declare module '*?worker&url' {
  const url: string;
  export default url;
}
