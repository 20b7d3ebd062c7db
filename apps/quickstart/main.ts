import { run } from "@drum/cli";
import { adapters, model } from "@drum/tiny";

// The main job, on the small model of the repository: a user's history, a prompt, pictures from plain to personalised.

const command = [
	["generate"],
	["--model", model],
	["--adapters", adapters],
	["--history", "apps/quickstart/history.jsonl"],
	["--ratio", "1"],
	["--prompt", "a star"],
	["--alpha", "0,0.3,0.5,0.7,1"],
	["--images", "3"],
	["--steps", "25"],
	["--guidance-scale", "4"],
	["--seed", "42"],
	["--out", "out/"],
];
const shown = command.map((part) => part.map((word) => (/[ ,]/.test(word) ? `"${word}"` : word)).join(" "));
console.log(`drum ${shown.join(" \\\n  ")}\n`);
process.exitCode = await run(command.flat());
console.log(
	"\nThe last file is the contact sheet: the history likes blue stripes and outlines, and so do its pictures, the more the higher α.",
);
