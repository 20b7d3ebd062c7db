"""Where training computes: the first GPU if PyTorch finds one, else the processor. Products are in bfloat16, but on a processor that
does not multiply in it: there it takes longer than float32."""

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


BFLOAT16 = DEVICE.type == "cuda" or torch.cpu._is_avx512_bf16_supported()


def autocast():
    return torch.autocast(DEVICE.type, torch.bfloat16, enabled=BFLOAT16)


def begin(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)


def arguments(parser, minutes, batch):
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


class Pictures:
    """Pictures uint8 [n, height, width, 3], by their rows as -1 to 1 [rows, 3, height, width]. A GPU keeps all of them."""

    def __init__(self, pictures):
        self.all = torch.from_numpy(pictures[:]).to(DEVICE) if DEVICE.type == "cuda" else pictures

    def __len__(self):
        return len(self.all)

    def __getitem__(self, rows):
        if DEVICE.type == "cuda":
            part = self.all[torch.as_tensor(rows, device=DEVICE)]
        else:
            part = torch.from_numpy(self.all[rows])
        return to_tensor(part)


def to_tensor(pictures):
    """uint8 [n, height, width, 3] to -1 to 1 [n, 3, height, width]."""
    part = pictures if torch.is_tensor(pictures) else torch.tensor(pictures)
    return part.to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
