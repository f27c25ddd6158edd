/** Which camera is used: a list of those there are, once the browser tells their names. */
import { useEffect, useState } from 'preact/hooks';
import { type CameraChoice, listCameras } from '#dist/browser/index.js';

/** The cameras there are, kept up to date; `look` asks again, since their names are told only once a camera may be used. */
export function useCameras(): { readonly cameras: readonly CameraChoice[]; readonly look: () => Promise<void> } {
  const [cameras, setCameras] = useState<readonly CameraChoice[]>([]);
  const look = async () => setCameras(await listCameras().catch(() => []));
  useEffect(() => {
    const list = () => void look();
    list();
    navigator.mediaDevices?.addEventListener('devicechange', list);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', list);
  }, []);
  return { cameras: cameras.filter(({ id }) => id !== ''), look };
}

export interface CameraSelectProps {
  readonly cameras: readonly CameraChoice[];
  /** Undefined: the browser's choice. */
  readonly device: string | undefined;
  onChoose(device: string | undefined): void;
}

/** Nothing where the browser names no camera. */
export function CameraSelect({ cameras, device, onChoose }: CameraSelectProps) {
  if (cameras.length === 0) return null;
  return (
    <label class="field">
      <span>Camera</span>
      <select
        value={device ?? ''}
        onChange={({ currentTarget: { value } }) => {
          onChoose(value === '' ? undefined : value);
        }}
      >
        <option value="">the browser’s choice</option>
        {cameras.map(({ id, label }, i) => (
          <option key={id} value={id}>
            {label || `camera ${i + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}
