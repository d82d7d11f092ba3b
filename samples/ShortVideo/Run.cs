namespace ShortVideo;

/// <summary>A model to train; equal runs give equal results.</summary>
/// <param name="Dataset">The name of the data.</param>
/// <param name="Model">The model's name on the command line.</param>
/// <param name="Seed">The seed.</param>
/// <param name="SubInterests">K; 0 of a model that has none.</param>
/// <param name="Setting">What was tuned.</param>
internal sealed record Run(string Dataset, string Model, int Seed, int SubInterests, Setting Setting);

/// <summary>What became of a run.</summary>
/// <param name="Run">The run.</param>
/// <param name="ValidationAuc">AUC on the validation rows after the best epoch: settings are chosen by it.</param>
/// <param name="Auc">AUC on the test rows.</param>
/// <param name="Gauc">GAUC on the test rows.</param>
/// <param name="Ndcg">NDCG@2 on the test rows.</param>
/// <param name="Seconds">Seconds of training.</param>
/// <param name="Epochs">Epochs trained, those after the best one included.</param>
internal sealed record RunResult(Run Run, double ValidationAuc, double Auc, double Gauc, double Ndcg, double Seconds, int Epochs);
