/** Tensors that are not weights of a model: state of training and its loss, noise schedules, notes, CLIP's scale, T5's tokenizer. */
const BESIDE =
	/^(model_ema|loss)\.|(^|\.)logit_scale$|^(attn_mask|v_pred|ztsnr|global_step|iteration|epoch|scale_factor|log_?var|lvlb_weights|alphas|betas|sigmas|denoiser\.sigmas|posterior_\w+|(sqrt_|log_)?(one_minus_|recip_|recipm1_)?alphas_cumprod(_prev)?|spiece_model)$/;

/** Whether a tensor, by its name after the part's prefix, is known to be unused by the part. */
export function isKnownBeside(tensor: string): boolean {
	return BESIDE.test(tensor);
}
