import { expect, test } from "vitest";
import { isKnownBeside } from "../index.ts";

test.each([
	"model_ema.decay",
	"logit_scale",
	"text_encoders.clip_l.logit_scale",
	"text_encoders.t5xxl.logit_scale",
	"global_step",
	"sqrt_one_minus_alphas_cumprod",
	"spiece_model",
])("%s is known not to belong to a model", (name) => {
	expect(isKnownBeside(name)).toBe(true);
});

test.each(["encoder.block.0.layer.0.SelfAttention.q.weight", "my_logit_scales", "alphas.weight", "embeddings.weight"])(
	"%s is not",
	(name) => {
		expect(isKnownBeside(name)).toBe(false);
	},
);
