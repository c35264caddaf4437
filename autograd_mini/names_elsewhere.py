"""What operations are called in PyTorch and in ONNX, for readers who come from there: `TORCH`, `ONNX`.

A word in a table is an operation that has its own name there, or `ours=theirs`. What is in no table has no counterpart
in one function: none at all, or one of that name that means something else, as `torch.median`, the lower of two.
"""

_TORCH = {
    "torch.": """
        abs add all allclose angle any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
        argsort atleast_1d atleast_2d atleast_3d bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor broadcast_to cdist ceil chunk clip column_stack concat conj copysign
        corrcoef cos cosh count_nonzero cov cummax cummin cumprod cumsum deg2rad diag diagflat diagonal diff
        digamma divide dot dsplit dstack einsum empty empty_like erf erfc erfinv exp exp2 expm1 eye flatten flip
        fliplr flipud float_power floor floor_divide fmax fmin fmod frac frexp full full_like gather gradient
        greater greater_equal gru heaviside histogram hsplit hstack hypot imag index_add index_copy inner
        isclose isfinite isin isinf isnan kron kthvalue ldexp lerp less less_equal lgamma linspace log log10
        log1p log2 logaddexp logaddexp2 logcumsumexp logical_and logical_not logical_or logical_xor logit
        logspace logsumexp lstm masked_fill matmul maximum mean meshgrid minimum moveaxis multiply nan_to_num
        nanmean nansum negative nextafter nonzero not_equal ones ones_like outer polygamma pow prod quantile
        rad2deg ravel real reciprocal remainder reshape roll rot90 round rsqrt scatter scatter_add searchsorted
        sigmoid sign signbit sin sinc sinh softmax log_softmax sort sqrt square squeeze stack std std_mean
        subtract sum swapaxes tan tanh tensordot tile topk trapezoid tril triu trunc unflatten unique var
        var_mean vander vdot vsplit vstack where xlogy zeros zeros_like

        array=tensor array_equal=equal array_split=tensor_split broadcast_arrays=broadcast_tensors copy=clone
        cumulative_prod=cumprod cumulative_sum=cumsum digitize=bucketize equal=eq expand_dims=unsqueeze
        extract=masked_select identity=eye linalg.cholesky_solve=cholesky_solve linalg.outer=outer
        linalg.trace=trace matrix_trace=trace matvec=mv max=amax min=amin permute_dims=permute
        repeat=repeat_interleave rint=round rnn=rnn_tanh split=tensor_split take=index_select
        take_along_axis=take_along_dim transpose=permute unique_counts=unique unique_inverse=unique
        unique_values=unique unstack=unbind
    """,
    "torch.nn.functional.": """
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
        adaptive_max_pool3d affine_grid alpha_dropout avg_pool1d avg_pool2d avg_pool3d batch_norm binary_cross_entropy
        binary_cross_entropy_with_logits celu channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d
        conv_transpose3d cosine_embedding_loss cosine_similarity cross_entropy ctc_loss dropout dropout1d dropout2d
        dropout3d elu embedding embedding_bag fold gaussian_nll_loss gelu glu grid_sample group_norm gumbel_softmax
        hardshrink hardsigmoid hardswish hardtanh hinge_embedding_loss huber_loss instance_norm interpolate kl_div
        l1_loss layer_norm leaky_relu linear local_response_norm logsigmoid lp_pool1d lp_pool2d lp_pool3d
        margin_ranking_loss max_pool1d max_pool2d max_pool3d max_unpool1d max_unpool2d max_unpool3d mish mse_loss
        multi_margin_loss multilabel_soft_margin_loss nll_loss normalize one_hot pad pairwise_distance pixel_shuffle
        pixel_unshuffle poisson_nll_loss prelu relu relu6 rms_norm rrelu scaled_dot_product_attention selu silu
        smooth_l1_loss soft_margin_loss softmin softplus softshrink softsign tanhshrink threshold triplet_margin_loss
        unfold
    """,
    "torch.linalg.": """
        linalg.cholesky linalg.cond linalg.cross linalg.det linalg.diagonal linalg.eig linalg.eigh linalg.eigvals
        linalg.eigvalsh linalg.inv linalg.lstsq linalg.lu linalg.matrix_norm linalg.matrix_power linalg.matrix_rank
        linalg.multi_dot linalg.norm linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.solve_triangular
        linalg.svd linalg.svdvals linalg.tensorinv linalg.tensorsolve linalg.vector_norm cross vecdot
        linalg.expm=matrix_exp
    """,
    "torch.fft.": """
        fft.fft fft.fft2 fft.fftfreq fft.fftn fft.fftshift fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ifftshift
        fft.ihfft fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftfreq fft.rfftn
    """,
    "torch.special.": """
        entr erfcx gammainc gammaincc i0 i0e i1 i1e log_ndtr multigammaln ndtr ndtri xlog1py zeta j0=bessel_j0
        j1=bessel_j1 k0=modified_bessel_k0 k1=modified_bessel_k1 y0=bessel_y0 y1=bessel_y1
    """,
    "torch.nn.grad.": "conv2d_filter=conv2d_weight",
    "Tensor.": "astype=to getitem=__getitem__ matrix_transpose=mT sliding_window_view=unfold",
}

_ONNX = """
    absolute=Abs add=Add add_sequence=Sum affine_grid=AffineGrid arange=Range arccos=Acos arccosh=Acosh arcsin=Asin
    arcsinh=Asinh arctan=Atan arctanh=Atanh argmax=ArgMax argmin=ArgMin astype=Cast avg_pool1d=AveragePool
    avg_pool2d=AveragePool avg_pool3d=AveragePool batch_norm=BatchNormalization bitwise_and=BitwiseAnd
    bitwise_left_shift=BitShift bitwise_not=BitwiseNot bitwise_or=BitwiseOr bitwise_right_shift=BitShift
    bitwise_xor=BitwiseXor broadcast_to=Expand ceil=Ceil celu=Celu clip=Clip compress=Compress concat=Concat
    conv1d=Conv conv2d=Conv conv3d=Conv conv_transpose1d=ConvTranspose conv_transpose2d=ConvTranspose
    conv_transpose3d=ConvTranspose copy=Identity cos=Cos cosh=Cosh cross_entropy=SoftmaxCrossEntropyLoss
    cumsum=CumSum cumulative_sum=CumSum divide=Div dropout=Dropout einsum=Einsum elu=Elu equal=Equal erf=Erf exp=Exp
    expand_dims=Unsqueeze eye=EyeLike fft.fft=DFT fft.ifft=DFT fft.rfft=DFT flatten=Flatten floor=Floor fmod=Mod
    fold=Col2Im full=ConstantOfShape gather=GatherElements gelu=Gelu getitem=Slice global_avg_pool=GlobalAveragePool
    global_max_pool=GlobalMaxPool greater=Greater greater_equal=GreaterOrEqual grid_sample=GridSample
    group_norm=GroupNormalization gru=GRU lstm=LSTM rnn=RNN hardsigmoid=HardSigmoid hardswish=HardSwish
    instance_norm=InstanceNormalization interpolate=Resize isinf=IsInf isnan=IsNaN layer_norm=LayerNormalization
    leaky_relu=LeakyRelu less=Less less_equal=LessOrEqual linalg.det=Det linear=Gemm local_response_norm=LRN log=Log
    log_softmax=LogSoftmax logical_and=And logical_not=Not logical_or=Or logical_xor=Xor logsumexp=ReduceLogSumExp
    lp_pool1d=LpPool lp_pool2d=LpPool lp_pool3d=LpPool matmul=MatMul max=ReduceMax max_pool1d=MaxPool
    max_pool2d=MaxPool max_pool3d=MaxPool max_unpool1d=MaxUnpool max_unpool2d=MaxUnpool max_unpool3d=MaxUnpool
    maximum=Max mean=ReduceMean min=ReduceMin minimum=Min mish=Mish multiply=Mul negative=Neg
    nll_loss=NegativeLogLikelihoodLoss nonzero=NonZero normalize=LpNormalization one_hot=OneHot pad=Pad
    permute_dims=Transpose pixel_shuffle=DepthToSpace pixel_unshuffle=SpaceToDepth pow=Pow prelu=PRelu
    prod=ReduceProd reciprocal=Reciprocal relu=Relu remainder=Mod reshape=Reshape rint=Round scatter=ScatterElements
    scatter_add=ScatterElements selu=Selu sigmoid=Sigmoid sign=Sign sin=Sin sinh=Sinh softmax=Softmax
    softplus=Softplus softshrink=Shrink softsign=Softsign split=Split sqrt=Sqrt squeeze=Squeeze subtract=Sub
    sum=ReduceSum take=Gather take_along_axis=GatherElements tan=Tan tanh=Tanh threshold=ThresholdedRelu tile=Tile
    topk=TopK transpose=Transpose tril=Trilu triu=Trilu unique=Unique where=Where
"""


def _by_name(homes: dict[str, str]) -> dict[str, str]:
    """{our name: theirs, with its home}"""
    pairs = ((home, item.partition("=")) for home, names in homes.items() for item in names.split())
    return {ours: home + (theirs or ours.rpartition(".")[2]) for home, (ours, _, theirs) in pairs}


TORCH: dict[str, str] = _by_name(_TORCH)
"""By an operation's name, or one of its aliases: PyTorch's function of the same meaning."""

ONNX: dict[str, str] = _by_name({"": _ONNX})
"""By an operation's name, or one of its aliases: the operator of ONNX, opset 21, that computes it."""
