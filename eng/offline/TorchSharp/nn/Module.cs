using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A part of a model: parameters, buffers and sub-modules by name, in the order of their registration.</summary>
        public partial class Module : IDisposable
        {
            private readonly OrderedDictionary<string, Module> submodules = [];
            private readonly OrderedDictionary<string, Parameter> registeredParameters = [];
            private readonly OrderedDictionary<string, (Tensor Tensor, bool Persistent)> registeredBuffers = [];
            private bool componentsAreRegistered;

            protected string? name;

            protected Module(string name) => this.name = name;

            ~Module() => Dispose(false);

            public virtual bool training { get; private set; } = true;

            internal bool IsDisposed { get; private set; }

            public virtual string GetName() => name ?? GetType().Name;

            public virtual void train(bool train = true)
            {
                training = train;
                foreach (var (_, module) in named_children()) module.train(train);
            }

            public virtual void eval() => train(false);

            public virtual Module apply(Action<Module> fn)
            {
                foreach (var (_, module) in named_children()) module.apply(fn);
                fn(this);
                return this;
            }

            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var grad = parameter.grad;
                    if (grad is null) continue;
                    if (set_to_none) parameter.grad = null;
                    else grad.zero_();
                }
            }

            public virtual IEnumerable<(string name, Module module)> named_children() =>
                submodules.Select(child => (child.Key, child.Value));

            public virtual IEnumerable<Module> children() => submodules.Values;

            /// <summary>Every module below this one: first its children, then theirs.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var child in named_children()) yield return child;
                foreach (var (prefix, child) in named_children())
                    foreach (var (rest, module) in child.named_modules()) yield return ($"{prefix}.{rest}", module);
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(named => named.module);

            /// <summary>The parameters, each once, under the first of its names.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<IntPtr>();
                foreach (var (own, parameter) in registeredParameters)
                    if (!parameter.IsInvalid && seen.Add(parameter.Handle)) yield return (own, parameter);
                if (!recurse) yield break;
                foreach (var (prefix, child) in named_children())
                    foreach (var (rest, parameter) in child.named_parameters())
                        if (seen.Add(parameter.Handle)) yield return ($"{prefix}.{rest}", parameter);
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(named =>
                named.parameter);

            /// <summary>The persistent buffers: as in the package, <paramref name="include_nonpersistent"/> changes nothing.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                var seen = new HashSet<IntPtr>();
                foreach (var (own, (buffer, persistent)) in registeredBuffers)
                    if (persistent && !buffer.IsInvalid && seen.Add(buffer.Handle)) yield return (own, buffer);
                if (!recurse) yield break;
                foreach (var (prefix, child) in named_children())
                    foreach (var (rest, buffer) in child.named_buffers(true, include_nonpersistent))
                        if (seen.Add(buffer.Handle)) yield return ($"{prefix}.{rest}", buffer);
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(named => named.buffer);

            public virtual Parameter? get_parameter(string target) => Find(target, (module, rest) =>
                module.registeredParameters.GetValueOrDefault(rest));

            public virtual Tensor? get_buffer(string target) => Find(target, (module, rest) =>
                module.registeredBuffers.GetValueOrDefault(rest).Tensor);

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid)
                    throw new ArgumentNullException(nameof(param), "A null tensor cannot be registered as a parameter.");
                if (!registeredParameters.TryAdd(name, param))
                    throw new InvalidOperationException($"Parameter {name} is already registered.");
            }

            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid)
                    throw new ArgumentNullException(nameof(tensor), "A null tensor cannot be registered as a buffer.");
                if (!registeredBuffers.TryAdd(name, (tensor, persistent)))
                    throw new InvalidOperationException($"Tensor {name} is already registered.");
            }

            public virtual void register_module(string name, Module? submodule)
            {
                if (submodule is null || submodule.IsDisposed)
                {
                    submodules.Remove(name);
                    return;
                }

                if (string.IsNullOrEmpty(name)) throw new ArgumentException("module name can't be empty string \"\"");
                if (name.Contains('.')) throw new ArgumentException($"module name can't contain \".\", got: {name}");
                if (submodules.ContainsKey(name)) throw new InvalidOperationException($"Sub-module {name} is already registered.");
                submodule.RegisterComponents();
                submodules.Add(name, submodule);
            }

            public void add_module(string name, Module module) => register_module(name, module);

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
                ReleaseNative();
                if (!disposing || IsDisposed) return;
                foreach (var (_, buffer) in named_buffers(false)) buffer.DetachFromDisposeScope().Dispose();
                foreach (var (_, parameter) in named_parameters(false)) parameter.DetachFromDisposeScope().Dispose();
                foreach (var module in modules()) module.Dispose();
                IsDisposed = true;
            }

            /// <summary>Frees what the module itself holds of native memory; may be called again, and by the finaliser.</summary>
            private protected virtual void ReleaseNative() { }

            /// <summary>Registers the fields of type Module, Parameter and Tensor by name. A module's constructor ends with it.</summary>
            protected virtual void RegisterComponents()
            {
                if (componentsAreRegistered) return;
                foreach (var (component, field) in ComponentFields())
                {
                    if (IsRegistered(component)) continue;
                    switch (field.GetValue(this))
                    {
                        case Module module: register_module(component, module); break;
                        case Parameter parameter: register_parameter(component, parameter); break;
                        case Tensor tensor: register_buffer(component, tensor); break;
                    }
                }

                componentsAreRegistered = true;
            }

            protected void ClearModules() => submodules.Clear();

            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null) registeredParameters.Remove(name);
                else registeredParameters[name] = value;
            }

            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null) registeredBuffers.Remove(name);
                else registeredBuffers[name] = (value, persistent);
            }

            private bool IsRegistered(string component) => submodules.ContainsKey(component)
                || registeredParameters.ContainsKey(component) || registeredBuffers.ContainsKey(component);

            private T? Find<T>(string target, Func<Module, string, T?> own) where T : class
            {
                if (own(this, target) is { } found) return found;
                var dot = target.IndexOf('.');
                if (dot < 0 || !submodules.TryGetValue(target[..dot], out var child)) return null;
                return child.Find(target[(dot + 1)..], own);
            }
        }
    }
}
