"""Times a training step of benches/retrain.rs in PyTorch: learners side by side in one batch, gradients to the context alone.

    pip install torch transformers
    python benches/pytorch_retrain.py --tokens N [--queries 5] [--threads 2] [--steps 30]

N is the number of tokens that benches/retrain.rs prints for its query. Five queries are the folds of a retrain, 32
with the mean number of tokens a step on a data set.
"""

import argparse
import time

import torch
import torch.nn.functional as F
from transformers import CLIPConfig, CLIPModel

N_CTX, N_LABELS = 4, 20

parser = argparse.ArgumentParser()
parser.add_argument("--tokens", type=int, required=True)
parser.add_argument("--queries", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=30)
args = parser.parse_args()
N_RUNS = args.queries

torch.set_num_threads(args.threads)
torch.manual_seed(0)
config = CLIPConfig(text_config={"vocab_size": 2000}, vision_config={"num_hidden_layers": 1, "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4})
model = CLIPModel(config).eval().requires_grad_(False)
text = model.text_model
width = config.text_config.hidden_size

tokens = text.embeddings.token_embedding(torch.randint(0, 1000, (args.tokens,)))
context = (0.02 * torch.randn(N_RUNS, N_CTX, width)).requires_grad_()
scale, bias = torch.ones(N_RUNS, 1, requires_grad=True), torch.zeros(N_RUNS, 1, requires_grad=True)
frames = F.normalize(torch.randn(N_RUNS, N_LABELS, config.projection_dim), dim=-1)
labels = (torch.rand(N_RUNS, N_LABELS) > 0.5).float()
optimiser = torch.optim.Adam([context, scale, bias], lr=1e-3)


def step():
    rows = tokens.expand(N_RUNS, -1, -1)
    rows = torch.cat([rows[:, :1], context, rows[:, 1:]], dim=1)
    rows = text.embeddings(inputs_embeds=rows)
    hidden = text.encoder(inputs_embeds=rows, attention_mask=None, is_causal=True).last_hidden_state
    features = model.text_projection(text.final_layer_norm(hidden[:, -1]))
    saliency = scale * torch.einsum("rnd,rd->rn", frames, F.normalize(features, dim=-1)) + bias
    centred = [x - x.mean(dim=1, keepdim=True) for x in (saliency, labels)]
    loss = F.mse_loss(*centred)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


times = []
for _ in range(args.steps):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
times.sort()
print(f"PyTorch {torch.__version__}, {args.threads} threads, {N_RUNS} queries: a step {1000 * times[0]:.0f} ms at best, {1000 * times[len(times) // 2]:.0f} ms in the median")
