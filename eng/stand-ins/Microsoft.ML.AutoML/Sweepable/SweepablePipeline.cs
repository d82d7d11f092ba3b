using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.AutoML;

/// <summary>
/// Estimators one after another, with alternatives: the schema, itself an option, says which are taken. "e0 * e1 + e0 * e2" is e0 and then either e1 or e2.
/// </summary>
public class SweepablePipeline : ISweepable<EstimatorChain<ITransformer>>
{
    private const string SchemaOption = "_SCHEMA_";
    private const string Then = " * ";
    private readonly Dictionary<string, SweepableEstimator> _estimators;
    private readonly string[][] _terms;

    internal SweepablePipeline()
        : this([], [[]])
    {
    }

    private SweepablePipeline(Dictionary<string, SweepableEstimator> estimators, string[][] terms)
    {
        _estimators = estimators;
        _terms = terms;
    }

    public Dictionary<string, SweepableEstimator> Estimators => _estimators;

    public SearchSpace.SearchSpace SearchSpace
    {
        get
        {
            var space = new SearchSpace.SearchSpace();
            foreach (var (key, estimator) in _estimators)
                space.Add(key, estimator.SearchSpace);
            space.Add(SchemaOption, new ChoiceOption([.. _terms.Select(term => string.Join(Then, term))]));
            return space;
        }
    }

    public EstimatorChain<ITransformer> BuildFromOption(MLContext context, Parameter parameter)
        => parameter[SchemaOption].AsType<string>().Split(Then).Aggregate(new EstimatorChain<ITransformer>(),
            (chain, key) => chain.Append(_estimators[key].BuildFromOption(context, parameter[key])));

    /// <summary>The pipeline with one of these behind it.</summary>
    public SweepablePipeline Append(params ISweepable<IEstimator<ITransformer>>[] sweepables)
    {
        var estimators = new Dictionary<string, SweepableEstimator>(_estimators);
        var alternatives = sweepables.SelectMany(sweepable => sweepable is SweepablePipeline pipeline
            ? pipeline._terms.Select(term => term.Select(key => Add(pipeline._estimators[key])).ToArray())
            : [[Add((SweepableEstimator)sweepable)]]).ToArray();
        return new SweepablePipeline(estimators, [.. _terms.SelectMany(term => alternatives.Select(alternative => (string[])[.. term, .. alternative]))]);

        string Add(SweepableEstimator estimator)
        {
            string key = $"e{estimators.Count}";
            estimators.Add(key, estimator);
            return key;
        }
    }
}
