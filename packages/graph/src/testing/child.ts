import { Graph, matmul, Session } from "@drum/graph";
import { float32 } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { Weights } from "../weights.ts";
import { row, sumGraph, vector } from "./sum.ts";

// Run as a process of its own: child.ts <what> [weights].

const FEEDS = { x: row(1, 2), y: vector(10, 20) };
const [what, weights] = process.argv.slice(2);

switch (what) {
	case "runs": {
		const session = await Session.create(sumGraph());
		const { z } = await session.run(FEEDS);
		console.log([...z!.data].join(" "));
		break;
	}
	case "waits": {
		const session = await Session.create(sumGraph());
		process.on("exit", () => console.log("ended"));
		session.run(FEEDS).then(({ z }) => console.log([...z!.data].join(" ")));
		break;
	}
	case "throws": {
		await Session.create(sumGraph());
		throw new Error("on purpose");
	}
	case "asks too much": {
		const session = await Session.create(sumGraph());
		const detached = row(1, 2);
		structuredClone(detached.data, { transfer: [detached.data.buffer as ArrayBuffer] });
		await session.run({ ...FEEDS, x: detached }).catch((error: Error) => console.log(error.message));
		break;
	}
	case "loads": {
		const checkpoint = await Checkpoint.open(weights!);
		await cycles(checkpoint, 3);
		const before = process.memoryUsage.rss();
		await cycles(checkpoint, 20);
		console.log(process.memoryUsage.rss() - before);
		break;
	}
	default:
		throw new Error(`unknown: ${what}`);
}

/** Loads, runs and releases a model of one large weight. */
async function cycles(checkpoint: Checkpoint, times: number): Promise<void> {
	const [rows, width] = checkpoint.get("weight")!.dims as [number, number];
	for (let i = 0; i < times; i++) {
		const graph = new Graph({ name: "large" });
		const x = graph.input("x", "float32", [width, 1]);
		const weight = new Weights(graph, checkpoint).get("weight", [rows, width]);
		const session = await Session.create(graph.build({ y: matmul(weight, x) }));
		await session.run({ x: float32(new Float32Array(width), [width, 1]) });
		await session.release();
	}
}
