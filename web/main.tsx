/** Starts the page. */
import { render } from 'preact';
import { CLASS_ATTRIBUTES } from '#dist/attributes/index.js';
import { App } from './app.js';
import { addClassColours } from './class-colours.js';

addClassColours(CLASS_ATTRIBUTES);
render(<App />, document.getElementById('app')!);
