import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseT5Config, T5TextEncoder } from "../packages/encoders-t5/src/index.ts";
import { normalWeights } from "../packages/encoders-t5/src/testing/table-weights.ts";
import { Checkpoint, writeSafetensors } from "../packages/tensor/src/node.ts";
const [what, dtype] = process.argv.slice(2);
const config = parseT5Config({ vocab_size: 32128, d_model: 4096, d_kv: 64, d_ff: 10240, num_layers: 24, num_heads: 64, feed_forward_proj: "gated-gelu" }, "x");
const dir = "/tmp/quant-xxl"; mkdirSync(dir, { recursive: true });
if (what === "make") { await writeSafetensors(`${dir}/m.safetensors`, normalWeights(config, "float16")); process.exit(0); }
const st = (k: string) => (Number(new RegExp(k + ":\\s+(\\d+)").exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024) | 0;
const marks: number[] = []; let bytes = 0, peakQ = 0;
const e = await T5TextEncoder.create({ name: "x", config, weights: await Checkpoint.open(`${dir}/m.safetensors`), dtype: dtype as any, cacheFolder: `${dir}/cache`, onQuantize: ({ total }) => { marks.push(performance.now()); bytes = total; peakQ = st("VmHWM"); } });
const ids = { type: "int64", dims: [1, 256], data: BigInt64Array.from({ length: 256 }, (_, i) => BigInt((i * 37 + 11) % 32000)) } as const;
const lags: number[] = []; let last = performance.now(); const iv = setInterval(() => { const n = performance.now(); lags.push(n - last - 1); last = n; }, 1);
const t = performance.now(); const first = await e.encode(ids); const s1 = (performance.now() - t) / 1000; clearInterval(iv);
const q = marks.length ? (marks.at(-1)! - t) / 1000 : 0;
const t2 = performance.now(); await e.encode(ids); const warm = (performance.now() - t2) / 1000;
lags.sort((a, b) => a - b);
console.log(dtype, { first: s1, quantising: q, rate: q ? bytes / 2 / q / 1e6 : 0, peakWhileQuantising: peakQ, warm, hwm: st("VmHWM"), anon: st("RssAnon"), lag99: lags[(lags.length * 0.99) | 0], lagMax: lags.at(-1), finite: first.hidden[-1]!.data.every(Number.isFinite) });
if (process.argv[4]) { const d = first.hidden[-1]!.data; writeFileSync(process.argv[4], new Uint8Array(d.buffer, d.byteOffset, d.byteLength)); }
process.exit(0);
