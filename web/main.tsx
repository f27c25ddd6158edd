/** Starts the page. */
import { render } from 'preact';
import { App } from './app.js';
import { addClassColours } from './class-colours.js';

addClassColours();
render(<App />, document.getElementById('app')!);
