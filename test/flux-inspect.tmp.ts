import { readFileSync } from "node:fs";
import { FluxTransformer2D } from "@drum/pipelines-flux";
import { float32 } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
const dtype = process.argv[2] as "auto";
const mem = () => /VmHWM:\s+(\d+)[\s\S]*VmRSS:\s+(\d+)[\s\S]*RssAnon:\s+(\d+)[\s\S]*RssFile:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))!.slice(1).map((x) => (Number(x) / 976562.5).toFixed(3)).join("/");
let peak = 0; setInterval(() => { peak = Math.max(peak, Number(/RssAnon:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 976562.5); }, 20).unref();
console.log("start", mem());
const config = JSON.parse(readFileSync("/tmp/inspect/m/config.json", "utf8"));
const d = await FluxTransformer2D.load({ config, checkpoint: await Checkpoint.open("/tmp/inspect/m/w.safetensors"), name: "flux" }, { dtype, cacheFolder: "/tmp/inspect/q" });
for (const n of [16, 128]) {
  const t = performance.now();
  await d.predict({ sample: float32(new Float32Array(16 * n * n).fill(0.1), [1, 16, n, n]), timestep: 500, guidance: 3.5, encoderHiddenStates: float32(new Float32Array(256 * 4096).fill(0.1), [1, 256, 4096]), pooledProjections: float32(new Float32Array(768).fill(0.1), [1, 768]) });
  console.log(n, ((performance.now() - t) / 1000).toFixed(1), "peak/rss/anon/file", mem(), "peak anon", peak.toFixed(3));
}
await d.release();
console.log("released", mem());
