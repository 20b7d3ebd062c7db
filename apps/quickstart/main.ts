import { existsSync } from "node:fs";
import { run } from "@drum/cli";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";

// The main job on a checkpoint that is made on the spot: a prompt, a reference, a personalised picture.

const model = "out/tiny/stable-diffusion";
const adapters = "out/tiny/drum";

if (!existsSync(`${adapters}/weight/L.safetensors`)) {
	console.log("Making a tiny checkpoint with random weights, in the hub's layout (out/tiny).");
	await writeTinyCheckpoint(model, adapters);
}

const command = [
	["generate"],
	["--model", model],
	["--adapters", adapters],
	["--prompt", "a photograph of an astronaut riding a horse"],
	["--reference", "A retro-futuristic space exploration movie poster with bold, vibrant colors"],
	["--weight", "1"],
	["--alpha", "0.3"],
	["--seed", "42"],
	["--out", "out/"],
];
console.log(
	`\ndrum ${command.map((part) => part.map((word) => (/[ ,]/.test(word) ? `"${word}"` : word)).join(" ")).join(" \\\n  ")}\n`,
);
process.exitCode = await run(command.flat());
console.log("\nIts weights are random, so the picture is noise: with a published checkpoint the same command draws.");
