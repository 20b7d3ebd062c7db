import { env, InferenceSession, Tensor } from "onnxruntime-web/webgpu";
import { serve } from "./serve-page.ts";

serve({ env, InferenceSession, Tensor });
