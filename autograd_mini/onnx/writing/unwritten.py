"""Operations that ONNX has no operator for, each with the reason; what is in no table is refused too."""

_REASONS = {
    "ONNX has no decompositions of matrices and solves no systems": """
        autograd_mini.stats.multivariate.cholesky cholesky cofactors cofactors_adjoint eig eigh expm inv lstsq lu
        matrix_rank pinv qr row_order slogdet solve solve_banded solve_sylvester solve_triangular sqrtm svd
    """,
    "ONNX has no such special function": """
        beta betainc betaincc betaln digamma erfcinv erfcx erfinv gamma gammainc gammaincc gammaln gammasgn i0 i0e i1
        i1_slope i1e iv ive ive_slope j0 j1 j1_slope jv k0 k1 kv log_ndtr multigammaln ndtri polygamma polygamma_rise
        repeated_erfcx rgamma rgamma_slope stdtr y0 y1 yn yv zeta
    """,
    "it is part of a probability density; write the function of its parameters out": """
        checked gamma_quantile_bend gamma_quantile_slope into log_beta_density log_dirichlet_density log_gamma_density
        masked patched
    """,
    "it draws random numbers; put the module into evaluation mode, or make them an input": """
        counts drawn_seed dropout_mask noise random_like standard_gamma
    """,
    "it moves running statistics; put the module into evaluation mode": "track_moments",
    "ONNX's operators take real numbers only": "angle fft ifft imag irfft rfft",
    "it looks at the bits of floating numbers": "binary_exponent nextafter",
    "its steps depend on the numbers themselves": "first_largest odeint turns",
    "losses over alignments are for training": "ctc ctc_covariance ctc_posterior",
    "it gives places within windows of different sizes": "adaptive_positions",
    "it is a step of a backward pass; write the forward function": "bounded_slope normed_back",
    "ONNX has no operator for it": "right_shift",
}

UNWRITTEN = {name: reason for reason, names in _REASONS.items() for name in names.split()}
"""By operation, why it is not written."""
