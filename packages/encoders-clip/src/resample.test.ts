import { readFileSync } from "node:fs";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { expect, test } from "vitest";
import { resizeLanczos } from "./index.ts";

// Oracle: Pillow, by tooling/golden/fabric.py.

const file = new URL("../../../test/golden/fixtures/fabric.safetensors", import.meta.url);
const { tensors } = parseSafetensors(readFileSync(file), "fabric.safetensors");

function picture(name: string) {
	const { dims, data } = tensors.get(name) as Tensor<"uint8">;
	return { height: dims[0]!, width: dims[1]!, data };
}

test.each(["square", "wide", "tall"])(
	"the %s picture resized to 64 × 64 by Lanczos has the same bytes as Pillow's",
	(name) => {
		expect(resizeLanczos(picture(`picture.${name}`), { width: 64, height: 64 })).toEqual(picture(`resized.${name}`));
	},
);
