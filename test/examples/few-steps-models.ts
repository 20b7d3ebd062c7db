import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const UNET = "unet/diffusion_pytorch_model.safetensors";
/** As the turbo models' scheduler_config.json differ from their bases'. */
const TURBO = { _class_name: "EulerDiscreteScheduler", timestep_spacing: "trailing", prediction_type: "epsilon" };

/**
 * Tiny models in the layout of those that are distilled to few steps, by their hub ids: LoRAs and a UNet under their published names, and
 * whole checkpoints. `fixtures` has the weights, `folder` gets what is made of them.
 */
export function fewStepsModels(fixtures: string, folder: string): Record<string, string> {
	const at = () => mkdtempSync(join(folder, "model-"));
	const files = (own: Record<string, string>): string => {
		const repository = at();
		for (const [name, file] of Object.entries(own)) cpSync(join(fixtures, file), join(repository, name));
		return repository;
	};
	const turbo = (base: string): string => {
		const repository = at();
		cpSync(join(fixtures, base), repository, { recursive: true });
		const path = join(repository, "scheduler/scheduler_config.json");
		writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...TURBO }));
		const index = join(repository, "model_index.json");
		const listed = JSON.parse(readFileSync(index, "utf8"));
		writeFileSync(index, JSON.stringify({ ...listed, scheduler: ["diffusers", TURBO._class_name] }));
		return repository;
	};
	mkdirSync(folder, { recursive: true });
	const lora = "loras/sd1-style.safetensors";
	return {
		"latent-consistency/lcm-lora-sdv1-5": files({ "pytorch_lora_weights.safetensors": lora }),
		"ByteDance/Hyper-SD": files({
			"Hyper-SD15-1step-lora.safetensors": lora,
			"Hyper-SD15-8steps-lora.safetensors": lora,
		}),
		"ByteDance/SDXL-Lightning": files({ "sdxl_lightning_4step_unet.safetensors": `sdxl/${UNET}` }),
		"stabilityai/sd-turbo": turbo("sd2"),
		"stabilityai/sdxl-turbo": turbo("sdxl"),
	};
}
