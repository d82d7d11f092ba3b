using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Models;
using Microsoft.ML.NegativeFeedback.Onnx;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Trains the networks that SINE (Pan et al., RecSys '23, section 5.1.3) is compared with, all of them as SINE is: over the liked items of a history, with −ln σ(y(liked) − y(sampled))
/// (BPR) at every position, one sampled item each that the row does not hold, drawn afresh every epoch.
/// </summary>
/// <remarks>
/// The skip before a liked item is not learned from as SINE does; with <see cref="PairwiseTrainerOptions.ObservedSkipShare"/> the row's skips come among the sampled items. Of the options of the
/// network, <see cref="BaselineNetwork.SasRec"/> alone reads the numbers of blocks and heads.
/// </remarks>
public sealed class BaselineTrainer : PairwiseTrainer
{
    private static readonly PairwiseWeights Weights = new(Sampled: 1, Skipped: 0);

    private readonly Options _options;

    internal BaselineTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(BaselineTrainer), options)
    {
        _options = options = (Options)OwnOptions;
        TrainerChecks.IsDefined(options.Network, nameof(options.Network));
        if (options.Network == BaselineNetwork.Din && options.CandidatesColumnName is null)
        {
            throw new ArgumentException($"{nameof(BaselineNetwork.Din)} reads history and candidate together and cannot recommend from the whole catalogue: name a column of "
                + $"candidates in {nameof(options.CandidatesColumnName)}.");
        }
    }

    internal override GraphSize GraphSize => _options.Network switch
    {
        // gates of the input and of the state
        BaselineNetwork.Gru4Rec => SizeOfWidth(squares: 6, vectors: 6),
        // vertical answers into the last layer; horizontal filters at every place, 15 of a window of 5, and their answers
        BaselineNetwork.Caser => SizeOfWidth(
            CaserModel.VerticalFilters, (CaserModel.HorizontalFilters * 15 * CaserModel.WindowLength) + (CaserModel.HorizontalFilters * CaserModel.WindowLength) + 1),
        // layers over two vectors, then one of half the width
        BaselineNetwork.Ncf => SizeOfWidth(squares: 2.5, vectors: 3),
        BaselineNetwork.Din => SizeOfWidth(squares: 3.5, vectors: (3 * DinModel.AttentionWidth) + 3),
        _ => base.GraphSize,
    };

    /// <summary>The size of a network of so many matrices [d, d] and vectors [d].</summary>
    private GraphSize SizeOfWidth(double squares, double vectors)
    {
        double width = _options.EmbeddingWidth;
        return new GraphSize((squares * width * width) + (vectors * width), width + 2,
            FormattableString.Invariant($"{nameof(_options.EmbeddingWidth)} {_options.EmbeddingWidth:N0}"));
    }

    private protected override byte[] Train(TrainerInput input, TrainingSettings settings, NextItemGraphOptions graph, TrainingRun run)
    {
        var data = ReadData(input);
        if (_options.ObservedSkipShare > 0 && !HasSkips(data.Train))
        {
            input.Channel.Warning(MessageSensitivity.None, "No item of the training data was skipped (feedback below 0), so none comes among the sampled ones. "
                + "Check the rule that made column '{0}'.", _options.FeedbackColumnName);
        }

        var (count, encoder, seed) = (input.ItemCount, PairwiseEncoderSettings, settings.Seed);
        ScoringNetwork network = _options.Network switch
        {
            BaselineNetwork.Gru4Rec => new GruNetwork(Learn(device => new Gru4RecModel(count, encoder, Weights, seed, device), model => model.ToWeights())),
            BaselineNetwork.Caser => new CaserNetwork(Learn(device => new CaserModel(count, encoder, Weights, seed, device), model => model.ToWeights())),
            BaselineNetwork.Ncf => new NcfNetwork(Learn(device => new NcfModel(count, encoder, Weights, seed, device), model => model.ToWeights())),
            BaselineNetwork.Din => new DinNetwork(Learn(device => new DinModel(count, encoder, Weights, seed, device), model => model.ToWeights())),
            _ => new EncoderNetwork(Learn(device => new SasRecPairwiseModel(count, encoder, Weights, seed, device), model => model.ToWeights())),
        };
        return NextItemGraph.Build(network, graph);

        TWeights Learn<TModel, TWeights>(Func<global::TorchSharp.torch.Device, TModel> create, Func<TModel, TWeights> weightsOf)
            where TModel : PairwiseModel
        {
            string name = $"Baseline {_options.Network} {JsonSerializer.Serialize(encoder)}";
            return ModelTraining.Train(new PairwiseTask<TModel, TWeights>(name, create, weightsOf, data), settings, run).Weights;
        }
    }

    /// <summary>The options of <see cref="BaselineTrainer"/>.</summary>
    public sealed class Options : PairwiseTrainerOptions
    {
        /// <summary>What is trained. Default <see cref="BaselineNetwork.SasRec"/>.</summary>
        public BaselineNetwork Network { get; set; } = BaselineNetwork.SasRec;
    }
}
