/** The page: three tabs over one analyzer, and what one must know before relying on it. */
import { useRef, useState } from 'preact/hooks';
import { CameraTab } from './camera-tab.js';
import { engineText, useEngine } from './engine.js';
import { FileTab } from './file-tab.js';
import { Notice } from './notice.js';
import { OwnModels } from './own-models.js';
import { StudyTab, useStudy } from './study/study-tab.js';

const TABS = [
  ['camera', 'Camera'],
  ['file', 'Photo or video'],
  ['study', 'Study'],
] as const;

type TabName = (typeof TABS)[number][0];

export function App() {
  const engine = useEngine();
  const [tab, setTab] = useState<TabName>(TABS.find(([name]) => location.hash === `#${name}`)?.[0] ?? 'camera');
  const [study, setStudy] = useStudy();
  const buttons = useRef<Partial<Record<TabName, HTMLButtonElement | null>>>({});
  const select = (next: TabName): void => {
    setTab(next);
    history.replaceState(null, '', `#${next}`);
  };
  const move = (event: KeyboardEvent): void => {
    const at = TABS.findIndex(([name]) => name === tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const [next] = TABS[(to + TABS.length) % TABS.length]!;
    select(next);
    buttons.current[next]?.focus();
  };
  return (
    <>
      <header>
        <h1>
          <img src={new URL('./icon.svg', import.meta.url).href} alt="" width="28" height="28" /> phiz
        </h1>
        <p class="engine" data-state={engine.state.kind} data-testid="engine">
          {engine.state.kind === 'ready'
            ? engineText(engine.state.analyzer.engine)
            : engine.state.kind === 'loading'
              ? 'loading the networks…'
              : 'no networks'}
        </p>
        <div role="tablist" aria-label="What to look at" class="tabs" onKeyDown={move}>
          {TABS.map(([name, label]) => (
            <button
              key={name}
              ref={(button) => {
                buttons.current[name] = button;
              }}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={tab === name}
              aria-controls="panel"
              tabIndex={tab === name ? 0 : -1}
              onClick={() => select(name)}
            >
              {label}
            </button>
          ))}
        </div>
      </header>
      <main>
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
          {tab === 'camera' && <CameraTab engine={engine} />}
          {tab === 'file' && <FileTab engine={engine} />}
          {tab === 'study' && <StudyTab engine={engine} study={study} setStudy={setStudy} />}
        </div>
      </main>
      <OwnModels engine={engine} />
      <Notice />
      <footer>
        <p class="quiet">phiz {PHIZ_VERSION}</p>
      </footer>
    </>
  );
}
