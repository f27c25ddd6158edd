/**
 * Draws a set of everyday images in which there is nobody (lights, fabric, leaves, hands, knees, statues, cars, windows), and mean faces (of
 * samples/ages.png) turned by up to 45°, so that tests can hold a detector to both: nothing is real, nobody is shown, and what is right is
 * known. Everything follows from a seed. Writes PNG files and truth.json:
 *
 *     node build/scripts/everyday.js OUT [--seed 1] [--each 4]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { type Random, random } from '#dist/core/random.js';
import { readText } from '#dist/node/files/read-files.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, each: { type: 'string', default: '4' } },
});
const [out] = positionals;
const each = Number(values.each);
if (!out || !Number.isInteger(each) || each < 1)
  throw new Error('usage: node build/scripts/everyday.js OUT [--seed N] [--each N]');

const WIDTH = 640;
const HEIGHT = 480;
const ANGLES = [-45, -30, -15, 0, 15, 30, 45];

const hsl = (h: number, s: number, l: number) => `hsl(${h.toFixed(0)} ${s.toFixed(0)}% ${l.toFixed(0)}%)`;
const many = (count: number, draw: (i: number) => string) => Array.from({ length: count }, (_, i) => draw(i)).join('');
const blurred = (id: string, sigma: number) =>
  `<filter id="${id}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="${sigma.toFixed(1)}"/></filter>`;
const skin = (r: Random) => ({ h: r.uniform(12, 32), s: r.uniform(25, 60), l: r.uniform(30, 78) });

/** What each kind shows, as the inside of an SVG of WIDTH × HEIGHT. */
const SCENES: Readonly<Record<string, (r: Random) => string>> = {
  lights: (r) =>
    `<defs>${blurred('b', r.uniform(2, 7))}</defs><rect width="100%" height="100%" fill="${hsl(r.uniform(200, 260), 30, r.uniform(3, 12))}"/>` +
    `<g filter="url(#b)">${many(r.integer(25) + 15, () => {
      const [x, y, radius] = [r.uniform(0, WIDTH), r.uniform(0, HEIGHT), r.uniform(10, 60)];
      const colour = hsl(r.chance(0.6) ? r.uniform(20, 50) : r.uniform(0, 360), 80, r.uniform(45, 85));
      return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${colour}" fill-opacity="${r.uniform(0.25, 0.8)}" stroke="${colour}" stroke-width="2"/>`;
    })}</g>`,
  fabric: (r) => {
    const [base, other] = [hsl(r.uniform(0, 360), 40, r.uniform(25, 75)), hsl(r.uniform(0, 360), 50, r.uniform(20, 85))];
    const step = r.uniform(14, 50);
    const motif = r.chance(0.5)
      ? `<circle cx="${step / 2}" cy="${step / 2}" r="${step * r.uniform(0.15, 0.4)}" fill="${other}"/>`
      : `<rect width="${step}" height="${step / 3}" fill="${other}" fill-opacity=".5"/><rect width="${step / 3}" height="${step}" fill="${other}" fill-opacity=".5"/>`;
    return (
      `<defs>${blurred('b', 25)}<pattern id="p" width="${step}" height="${step}" patternUnits="userSpaceOnUse" patternTransform="rotate(${r.uniform(-40, 40)})"><rect width="${step}" height="${step}" fill="${base}"/>${motif}</pattern></defs>` +
      `<rect width="100%" height="100%" fill="url(#p)"/><g filter="url(#b)">${many(12, () => `<ellipse cx="${r.uniform(0, WIDTH)}" cy="${r.uniform(0, HEIGHT)}" rx="${r.uniform(15, 60)}" ry="${r.uniform(80, 300)}" transform="rotate(${r.uniform(-30, 30)} 320 240)" fill="${r.chance(0.5) ? '#000' : '#fff'}" fill-opacity="${r.uniform(0.15, 0.45)}"/>`)}</g>`
    );
  },
  leaves: (r) =>
    `<rect width="100%" height="100%" fill="${hsl(r.uniform(80, 220), 35, r.uniform(15, 75))}"/>${many(260, () => {
      const [x, y, size, turn] = [r.uniform(0, WIDTH), r.uniform(0, HEIGHT), r.uniform(12, 60), r.uniform(0, 360)];
      const fill = hsl(r.uniform(55, 140), r.uniform(30, 70), r.uniform(15, 60));
      return `<g transform="translate(${x} ${y}) rotate(${turn})"><path d="M0 ${-size} Q${size * 0.6} 0 0 ${size} Q${-size * 0.6} 0 0 ${-size}" fill="${fill}"/><path d="M0 ${-size} L0 ${size}" stroke="#0004" stroke-width="2"/></g>`;
    })}`,
  hands: (r) => {
    const { h, s, l } = skin(r);
    const [colour, shade] = [hsl(h, s, l), hsl(h, s, l * 0.72)];
    const finger = (i: number) => {
      const [x, length] = [-60 + 40 * i, [110, 140, 150, 125][i]! * r.uniform(0.9, 1.1)];
      return `<g transform="rotate(${-12 + 8 * i} 0 60)"><rect x="${x - 17}" y="${-80 - length}" width="34" height="${length + 60}" rx="17" fill="${colour}" stroke="${shade}" stroke-width="2"/><path d="M${x - 12} ${-80 - length / 2} h24 M${x - 12} ${-86 - length / 4} h24" stroke="${shade}" stroke-width="2"/><rect x="${x - 9}" y="${-74 - length}" width="18" height="20" rx="7" fill="${hsl(h, s * 0.6, Math.min(l + 12, 92))}"/></g>`;
    };
    return `<defs>${blurred('b', 1.2)}</defs><rect width="100%" height="100%" fill="${hsl(r.uniform(0, 360), 20, r.uniform(15, 85))}"/><g filter="url(#b)" transform="translate(${r.uniform(200, 440)} ${r.uniform(280, 330)}) rotate(${r.uniform(-50, 50)}) scale(${r.uniform(0.7, 1.2)})">${many(4, finger)}<rect x="70" y="-60" width="120" height="40" rx="20" transform="rotate(-38 70 -40)" fill="${colour}" stroke="${shade}" stroke-width="2"/><rect x="-85" y="-110" width="175" height="190" rx="55" fill="${colour}"/><path d="M-60 -30 Q0 -60 70 -20 M-55 10 Q10 -20 60 30" fill="none" stroke="${shade}" stroke-width="3"/></g>`;
  },
  knees: (r) => {
    const { h, s, l } = skin(r);
    const leg = (x: number, lean: number) =>
      `<g transform="rotate(${lean} ${x} 240)"><rect x="${x - 62}" y="60" width="124" height="420" rx="60" fill="url(#leg)"/><ellipse cx="${x}" cy="210" rx="50" ry="58" fill="${hsl(h, s, Math.min(l + 9, 93))}" fill-opacity=".8"/><path d="M${x - 35} 235 Q${x} 268 ${x + 35} 235 M${x - 25} 185 Q${x} 172 ${x + 25} 185" fill="none" stroke="${hsl(h, s, l * 0.75)}" stroke-width="5"/></g>`;
    return `<defs>${blurred('b', r.uniform(2, 5))}<linearGradient id="leg"><stop offset="0" stop-color="${hsl(h, s, l * 0.6)}"/><stop offset=".5" stop-color="${hsl(h, s, l)}"/><stop offset="1" stop-color="${hsl(h, s, l * 0.65)}"/></linearGradient></defs><rect width="100%" height="100%" fill="${hsl(r.uniform(60, 240), 25, r.uniform(20, 70))}"/><g filter="url(#b)">${leg(r.uniform(180, 260), r.uniform(-12, 12))}${leg(r.uniform(370, 450), r.uniform(-12, 12))}<path d="M0 0 H${WIDTH} V${r.uniform(90, 150)} Q320 ${r.uniform(120, 200)} 0 ${r.uniform(90, 150)} Z" fill="${hsl(r.uniform(0, 360), 50, 35)}"/></g>`;
  },
  statues: (r) => {
    const stone = (l: number) => hsl(35, 8, l);
    const x = r.uniform(240, 400);
    return `<defs>${blurred('b', 2)}<linearGradient id="s"><stop offset="0" stop-color="${stone(38)}"/><stop offset=".45" stop-color="${stone(82)}"/><stop offset="1" stop-color="${stone(45)}"/></linearGradient></defs><rect width="100%" height="100%" fill="${hsl(r.uniform(180, 230), 35, r.uniform(30, 80))}"/><g filter="url(#b)"><rect x="${x - 110}" y="380" width="220" height="100" fill="${stone(55)}"/><path d="M${x - 90} 390 Q${x - 120} 250 ${x - 95} 120 Q${x} 70 ${x + 95} 120 Q${x + 120} 250 ${x + 90} 390 Z" fill="url(#s)"/><rect x="${x - 24}" y="60" width="48" height="60" rx="14" fill="${stone(62)}"/>${many(7, (i) => `<path d="M${x - 80 + 26 * i} 140 Q${x - 60 + 20 * i + r.uniform(-30, 30)} 260 ${x - 78 + 26 * i} 388" fill="none" stroke="${stone(r.chance(0.5) ? 40 : 90)}" stroke-width="${r.uniform(3, 9)}" stroke-opacity=".6"/>`)}</g>`;
  },
  cars: (r) => {
    const paint = hsl(r.uniform(0, 360), 60, r.uniform(25, 60));
    const [x, y, w] = [r.uniform(120, 200), r.uniform(150, 210), r.uniform(280, 360)];
    return `<defs>${blurred('b', 1.5)}</defs><rect width="100%" height="100%" fill="${hsl(210, 15, r.uniform(30, 75))}"/><rect y="${y + 190}" width="100%" height="300" fill="#555"/><g filter="url(#b)"><path d="M${x + w * 0.15} ${y} h${w * 0.7} l${w * 0.1} 80 h${-w * 0.9} z" fill="#23313c"/><rect x="${x}" y="${y + 70}" width="${w}" height="120" rx="30" fill="${paint}"/><circle cx="${x + 50}" cy="${y + 115}" r="26" fill="#eee" stroke="#333" stroke-width="5"/><circle cx="${x + w - 50}" cy="${y + 115}" r="26" fill="#eee" stroke="#333" stroke-width="5"/><rect x="${x + w * 0.3}" y="${y + 130}" width="${w * 0.4}" height="34" rx="8" fill="#1b1b1b"/><rect x="${x + 15}" y="${y + 180}" width="55" height="60" rx="12" fill="#111"/><rect x="${x + w - 70}" y="${y + 180}" width="55" height="60" rx="12" fill="#111"/></g>`;
  },
  windows: (r) => {
    const [cols, rows] = [r.integer(4) + 3, r.integer(3) + 2];
    const [w, h] = [WIDTH / cols, HEIGHT / rows];
    const glass = hsl(r.uniform(190, 230), 40, r.uniform(15, 60));
    return `<rect width="100%" height="100%" fill="${hsl(r.uniform(10, 45), 35, r.uniform(35, 75))}"/>${many(cols * rows, (i) => {
      const [x, y] = [(i % cols) * w, Math.floor(i / cols) * h];
      return `<rect x="${x + w * 0.22}" y="${y + h * 0.2}" width="${w * 0.56}" height="${h * 0.6}" fill="${glass}" stroke="#eee" stroke-width="6"/><path d="M${x + w * 0.5} ${y + h * 0.2} v${h * 0.6} M${x + w * 0.22} ${y + h * 0.5} h${w * 0.56}" stroke="#eee" stroke-width="4"/>`;
    })}`;
  },
};

/** What a photo adds: a sensor's noise, from a seed. */
function grained(pixels: Buffer, r: Random, sigma: number): Buffer {
  const noisy = Buffer.from(pixels);
  for (let i = 0; i < noisy.length; i++) noisy[i] = Math.max(0, Math.min(255, Math.round(pixels[i]! + sigma * r.normal())));
  return noisy;
}

async function write(name: string, svg: string, r: Random): Promise<void> {
  const drawn = sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${svg}</svg>`));
  const data = await drawn.flatten().toColourspace('srgb').raw().toBuffer();
  await save(name, data, r);
}

async function save(name: string, pixels: Buffer, r: Random): Promise<void> {
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
  await sharp(grained(pixels, r, r.uniform(1, 6)), { raw })
    .png({ compressionLevel: 3 })
    .toFile(join(out!, name));
}

interface Truth {
  readonly file: string;
  /** In pixels of the image: centre and width of the face's box upright, and its turn in degrees clockwise. */
  readonly faces: readonly { readonly x: number; readonly y: number; readonly width: number; readonly angle: number }[];
}

await mkdir(out, { recursive: true });
const truth: Truth[] = [];
for (const [k, [kind, scene]] of Object.entries(SCENES).entries())
  for (let i = 0; i < each; i++) {
    const r = random(Number(values.seed), k, i);
    const file = `${kind}-${i + 1}.png`;
    await write(file, scene(r), r);
    truth.push({ file, faces: [] });
  }

/** Half the sides of the ellipse that is cut from a tile of the samples about the face's box. */
const CUT = { x: 76, y: 88 };

interface Sample {
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

const samples = JSON.parse(await readText('samples/ages.truth.json')) as { readonly faces: readonly Sample[] };
for (const [k, { box }] of samples.faces.entries())
  for (const angle of ANGLES) {
    const r = random(Number(values.seed), 1000 + k, angle + 90);
    const scale = Math.exp(r.uniform(Math.log(0.35), Math.log(1.8)));
    const [w, h] = [Math.round(2 * CUT.x * scale), Math.round(2 * CUT.y * scale)];
    const mask = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}"><defs>${blurred('b', 0.025 * w)}</defs><ellipse cx="${w / 2}" cy="${h / 2}" rx="${0.44 * w}" ry="${0.45 * h}" fill="#fff" filter="url(#b)"/></svg>`;
    const cut = await sharp('samples/ages.png')
      .extract({
        left: Math.round(box.x + box.width / 2 - CUT.x),
        top: Math.round(box.y + box.height / 2 - CUT.y),
        width: 2 * CUT.x,
        height: 2 * CUT.y,
      })
      .resize(w, h)
      .ensureAlpha()
      .composite([{ input: Buffer.from(mask), blend: 'dest-in' }])
      .png()
      .toBuffer();
    const { data: turned, info } = await sharp(cut)
      .rotate(angle, { background: '#0000' })
      .png()
      .toBuffer({ resolveWithObject: true });
    const x = Math.round(r.uniform(info.width / 2, WIDTH - info.width / 2));
    const y = Math.round(r.uniform(info.height / 2, HEIGHT - info.height / 2));
    const wall = hsl(r.uniform(0, 360), 18, r.uniform(25, 75));
    const data = await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: wall } })
      .composite([{ input: turned, left: x - (info.width >> 1), top: y - (info.height >> 1) }])
      .removeAlpha()
      .raw()
      .toBuffer();
    const file = `face-${k + 1}${angle < 0 ? '-' : '+'}${Math.abs(angle)}.png`;
    await save(file, data, r);
    truth.push({ file, faces: [{ x, y, width: box.width * scale, angle }] });
  }
await writeAtomic(join(out, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`);
console.log(`${truth.length} images in ${out}`);
