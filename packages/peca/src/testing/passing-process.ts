/** Run as a process of its own: personalises with `argv[3]` references in passing, and prints the most memory it held, in bytes. */
import { Adapter } from "@drum/peca";
import { float32 } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { MadeUpEncoder } from "@drum/test-made-up";

const [path, count, sizes] = process.argv.slice(2) as [string, string, string];
const encoder = new MadeUpEncoder(JSON.parse(sizes));
const adapter = Adapter.create({ weights: await Checkpoint.open(path), encoder, keptBytes: 0, threads: 1 });
const { tokens, width } = encoder;
const references = float32(new Float32Array(Number(count) * tokens * width).fill(0.1), [Number(count), tokens, width]);
const ready = await adapter.ready(references, new Array(Number(count)).fill(1));
const target = float32(new Float32Array(tokens * width).fill(0.2), [1, tokens, width]);
await adapter.personalize(target, ready, 0.5);
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
