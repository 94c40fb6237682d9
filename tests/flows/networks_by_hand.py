"""Oracles: every network of a flow once more, in numpy, bin by bin and trial by trial.

They read weights by their names and share no code with the networks.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm
from scipy.special import erf


def numbers(module):
    """Weights of a torch module as float64 arrays by name."""
    return {k: v.detach().cpu().numpy().astype(np.float64) for k, v in module.state_dict().items()}


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def linear(w, name, x):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def gru(w, name, x, h, suffix=""):
    """States of a gated recurrent unit over (n_bins, n_inputs), from the state h on."""
    W, U = w[f"{name}.weight_ih_l0{suffix}"], w[f"{name}.weight_hh_l0{suffix}"]
    b, c = w[f"{name}.bias_ih_l0{suffix}"], w[f"{name}.bias_hh_l0{suffix}"]
    n, states = len(h), []
    for row in x:
        a, r = W @ row + b, U @ h + c
        reset, update = sigmoid(a[:n] + r[:n]), sigmoid(a[n : 2 * n] + r[n : 2 * n])
        new = np.tanh(a[2 * n :] + reset * r[2 * n :])
        h = (1.0 - update) * new + update * h
        states.append(h)
    return np.array(states)


def both_ways(w, name, x, n_hidden):
    """States of a bidirectional unit, and its last state in each direction."""
    start = np.zeros(n_hidden)
    ahead = gru(w, name, x, start)
    back = gru(w, name, x[::-1], start, "_reverse")[::-1]
    return np.concatenate([ahead, back], 1), np.concatenate([ahead[-1], back[0]])


def posterior(both):
    mean, log_variance = np.split(both, 2, axis=-1)
    log_variance = np.clip(log_variance, -12, 6)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1.0 - log_variance)
    return mean, log_variance, kl.sum()


def springs(w, name="dynamics.potential"):
    """Stiffness of the potential of coupled oscillators."""
    L, d = w[f"{name}.factor"], w[f"{name}.factor"].shape[1]
    K = L.T @ L + 1e-3 * np.eye(d)
    for tap, log_c in enumerate(w[f"{name}.kernel"], start=1):
        for i in range(d):
            j = (i + tap) % d
            c = np.exp(log_c)
            K[i, i] += c
            K[j, j] += c
            K[i, j] -= c
            K[j, i] -= c
    return K


def kernel_springs(w, name="dynamics.potential"):
    """Stiffness of a convolution of groups of latents."""
    k = w[f"{name}.kernel"]
    groups, _, taps = k.shape

    def matrix(d):
        M = np.zeros((d, d))
        size = d // groups
        for out in range(groups):
            for into in range(groups):
                for place in range(size):
                    for tap in range(taps):
                        source = place + tap - taps // 2
                        if 0 <= source < size:
                            M[out * size + place, into * size + source] += k[out, into, tap]
        return M.T @ M

    return matrix


def path(w, K, z, v, n_bins, pushes=None, step=0.3, name="dynamics"):
    """Kick, drift, friction, drift, kick: one trial, (n_bins, d) positions and velocities."""
    J = w[f"{name}.turning"]
    R = expm(-step * (np.diag(np.exp(w[f"{name}.log_friction"])) + J - J.T))
    ridges = f"{name}.potential.weight" in w

    def force(x):
        total = -K @ x
        if ridges:
            W, b = w[f"{name}.potential.weight"], w[f"{name}.potential.bias"]
            total = total - W.T @ (w[f"{name}.potential.amplitude"] * np.tanh(W @ x + b))
        return total

    positions, velocities = [z], [v]
    for t in range(n_bins - 1):
        v = v + 0.5 * step * force(z)
        z = z + 0.5 * step * v
        v = R @ v + (0.0 if pushes is None else pushes[t])
        z = z + 0.5 * step * v
        v = v + 0.5 * step * force(z)
        positions.append(z)
        velocities.append(v)
    return np.array(positions), np.array(velocities)


def mlp(w, name, x):
    return linear(w, f"{name}.2", np.tanh(linear(w, f"{name}.0", x)))


def bottleneck(w, x, n_hidden, n_bins, pushes=None):
    """Decoded values, divergence, positions and velocities of one trial, without force."""
    _, summary = both_ways(w, "encoder.gru", x, n_hidden)
    mean, _, kl = posterior(linear(w, "initial", summary))
    z, v = np.split(mean, 2)
    Z, V = path(w, springs(w), z, v, n_bins, pushes)
    return mlp(w, "decoder", np.concatenate([Z, V], 1)), kl, Z, V


def layer_norm(w, name, x):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]


def gelu(x):
    return 0.5 * x * (1.0 + erf(x / np.sqrt(2.0)))


def attention(w, name, x, n_heads=2):
    """One layer of attention over the bins of one trial."""
    n, width = x.shape
    read = linear(w, f"{name}.read", layer_norm(w, f"{name}.before", x))
    q, k, v = (read[:, i * width : (i + 1) * width] for i in range(3))
    size, seen = width // n_heads, np.zeros((n, width))
    for head in range(n_heads):
        part = slice(head * size, (head + 1) * size)
        for t in range(n):
            score = np.array([q[t, part] @ k[s, part] for s in range(n)]) / np.sqrt(size)
            weight = np.exp(score - score.max())
            seen[t, part] = weight / weight.sum() @ v[:, part]
    x = x + linear(w, f"{name}.write", seen)
    inner = gelu(linear(w, f"{name}.mlp.0", layer_norm(w, f"{name}.between", x)))
    return x + linear(w, f"{name}.mlp.2", inner)


def published(w, x, n_hidden, n_bins, d, pushes=None):
    """Decoded values and divergence of one trial at the posterior's mean."""
    late = [x[min(max(t - 1, 0), len(x) - 1)] for t in range(n_bins)]
    hidden = gru(w, "encoder", np.array(late), np.zeros(n_hidden))
    mean, _, kl = posterior(linear(w, "initial", hidden[0]))
    z, v = np.split(mean, 2)
    Z, V = path(w, kernel_springs(w)(d), z, v, n_bins, pushes)
    mixed = linear(w, "mix", np.concatenate([Z, V, hidden], 1))
    return linear(w, "decoder", attention(w, "attend", mixed)), kl


def generator(w, x, n_hidden, n_bins):
    """Decoded values, divergence and factors of one trial, sequential autoencoding."""
    _, summary = both_ways(w, "encoder.gru", x, n_hidden)
    mean, _, kl = posterior(linear(w, "initial", summary))
    later = gru(w, "generator", np.zeros((n_bins - 1, 1)), mean)
    factors = linear(w, "factors", np.concatenate([mean[None], later.reshape(-1, n_hidden)]))
    return linear(w, "decoder", factors), kl, factors


def transformer(w, x, n_layers):
    """Decoded values of one trial, masked transformer."""
    bins = linear(w, "embed", x)
    width = bins.shape[1]
    for t in range(len(bins)):
        for k in range(0, width, 2):
            period = 10_000.0 ** (-k / width)
            bins[t, k] += np.sin(t * period)
            bins[t, k + 1] += np.cos(t * period)
    for layer in range(n_layers):
        bins = attention(w, f"layers.{layer}", bins)
    return linear(w, "decoder", layer_norm(w, "last", bins))
