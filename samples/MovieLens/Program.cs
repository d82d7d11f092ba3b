// PNFRec and its baselines on MovieLens-1M under the published protocol (RecSys '25, section 4).
// dotnet run -c Release --project samples/MovieLens -- --data DIR; --help tells the rest
using Common;
using MovieLens;

return await MovieLensArguments.Command().RunAsync(args, whenStopped: "Stopped. The same command goes on from here where checkpoints are written.");
