namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>What tests start as a process of its own, to kill it, to measure it or because it may crash: the test assembly itself, by the name of the work.</summary>
internal static class ChildProgram
{
    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case [KilledTrainingTests.Work, var trainer, var folder]:
                KilledTrainingTests.TrainAndSave(trainer, folder);
                return 0;
            case [ManyTrainingsTests.Work, var rounds]:
                ManyTrainingsTests.Train(int.Parse(rounds));
                return 0;
            case [ModelFileFuzzTests.Work, var model, var folder]:
                return ModelFileFuzzTests.TryDamaged(model, folder);
            default:
                Console.Error.WriteLine("The tests start this program; dotnet test runs them.");
                return 2;
        }
    }
}
