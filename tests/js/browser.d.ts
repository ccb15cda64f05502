// What the scripts find in the page, for the type check (`make lint`). Parts of the page are any:
// which element stands behind a selector, the templates know and the browser tests see.

declare const L: any; // Leaflet
declare const Plotly: any;
declare const htmx: any;

interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): any;
}
interface Document {
  readonly activeElement: any;
  getElementById(id: string): any;
}
interface Element {
  closest(selectors: string): any;
}
interface Event {
  readonly detail?: any; // of CustomEvent: news and htmx's own
}
interface HTMLButtonElement {
  thing?: any; // of a marker on the map
}
