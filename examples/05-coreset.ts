import { coreset } from "@drum/coreset";

// Algorithm 1 by itself, on embeddings from anywhere: here 1,000 made-up ones of width 64.

const embeddings = {
	type: "float32",
	dims: [1000, 64],
	data: Float32Array.from({ length: 1000 * 64 }, (_, i) => Math.sin(i * i)),
} as const;
const intensities = Array.from({ length: 1000 }, (_, i) => 1 + (i % 5));

console.log(await coreset(embeddings, { size: 5, intensities }));
