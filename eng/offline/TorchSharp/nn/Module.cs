using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A part of a model: parameters and sub-modules by name, in the order of their registration.</summary>
        public class Module : IDisposable
        {
            private readonly OrderedDictionary<string, Module> submodules = [];
            private readonly OrderedDictionary<string, Parameter> registeredParameters = [];
            private bool componentsAreRegistered;

            private protected Module() { }

            /// <summary>Changes nothing: the package's layers that do otherwise in training are not here.</summary>
            public virtual void train(bool train = true) { }

            public virtual void eval() => train(false);

            /// <summary>The parameters, each once, under the first of its names.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<IntPtr>();
                foreach (var (own, parameter) in registeredParameters)
                    if (!parameter.IsInvalid && seen.Add(parameter.Handle)) yield return (own, parameter);
                if (!recurse) yield break;
                foreach (var (prefix, child) in submodules)
                    foreach (var (rest, parameter) in child.named_parameters())
                        if (seen.Add(parameter.Handle)) yield return ($"{prefix}.{rest}", parameter);
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(named => named.parameter);

            public virtual void register_module(string name, Module submodule)
            {
                if (string.IsNullOrEmpty(name)) throw new ArgumentException("module name can't be empty string \"\"");
                if (name.Contains('.')) throw new ArgumentException($"module name can't contain \".\", got: {name}");
                if (submodules.ContainsKey(name)) throw new InvalidOperationException($"Sub-module {name} is already registered.");
                submodule.RegisterComponents();
                submodules.Add(name, submodule);
            }

            public void Dispose()
            {
                foreach (var (_, parameter) in registeredParameters) parameter.Dispose();
                foreach (var (_, module) in submodules) module.Dispose();
                GC.SuppressFinalize(this);
            }

            /// <summary>Registers the fields of type Module and Parameter by name. A module's constructor ends with it.</summary>
            protected virtual void RegisterComponents()
            {
                if (componentsAreRegistered) return;
                foreach (var field in Fields())
                {
                    if (submodules.ContainsKey(field.Name) || registeredParameters.ContainsKey(field.Name)) continue;
                    switch (field.GetValue(this))
                    {
                        case Module module: register_module(field.Name, module); break;
                        case Parameter parameter: registeredParameters.Add(field.Name, parameter); break;
                        case Tensor: throw new NotSupportedException($"The offline TorchSharp has no buffers, as '{field.Name}' would be.");
                    }
                }

                componentsAreRegistered = true;
            }

            /// <summary>The instance fields of this type and of its bases; of fields of one name, that of the most derived type.</summary>
            private IEnumerable<FieldInfo> Fields()
            {
                const BindingFlags instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
                var seen = new HashSet<string>();
                for (var type = GetType(); type is not null && type != typeof(object); type = type.BaseType)
                    foreach (var field in type.GetFields(instance))
                        if (seen.Add(field.Name)) yield return field;
            }
        }
    }
}
