using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Replaces the parameters and buffers by ones of another type; only floating-point ones change.</summary>
            internal virtual Module To(ScalarType dtype)
            {
                if (!is_floating_point(dtype))
                    throw new ArgumentException(
                        $"nn.Module.to only accepts floating point or complex types, but got desired dtype={dtype}");
                foreach (var (_, module) in named_children()) module.To(dtype);
                foreach (var (component, parameter) in named_parameters(false).ToList())
                    if (Converted(parameter, dtype) is { } converted) Replace(component, parameter, converted);
                foreach (var (component, buffer) in named_buffers(false).ToList())
                {
                    if (!buffer.is_floating_point() || buffer.dtype == dtype) continue;
                    var converted = buffer.to_type(dtype, disposeAfter: true).DetachFromDisposeScope();
                    ConditionallyRegisterBuffer(component, converted);
                    Field(component)?.SetValue(this, converted);
                }

                return this;
            }

            private static Parameter? Converted(Parameter parameter, ScalarType dtype)
            {
                if (!parameter.is_floating_point() || parameter.dtype == dtype) return null;
                using var grad = parameter.grad;
                using var _ = no_grad();
                var converted = new Parameter(parameter.to_type(dtype), parameter.requires_grad);
                converted.DetachFromDisposeScope();
                using var convertedGrad = grad?.to_type(dtype);
                if (convertedGrad is not null) converted.grad = convertedGrad;
                return converted;
            }

            private void Replace(string component, Parameter former, Parameter converted)
            {
                if (GetType().GetProperty(component, BindingFlags.Public | BindingFlags.Instance) is { CanWrite: true } property)
                {
                    property.SetValue(this, converted);
                    return;
                }

                former.Dispose();
                ConditionallyRegisterParameter(component, converted);
                Field(component)?.SetValue(this, converted);
            }

            private FieldInfo? Field(string component) => ComponentFields().FirstOrDefault(found => found.Component == component).Field;

            /// <summary>The instance fields of this type and of its bases; of fields of one name, that of the most derived type.</summary>
            private IEnumerable<(string Component, FieldInfo Field)> ComponentFields()
            {
                const BindingFlags instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
                var seen = new HashSet<string>();
                for (var type = GetType(); type is not null && type != typeof(object); type = type.BaseType)
                    foreach (var field in type.GetFields(instance))
                        if (seen.Add(field.Name))
                            yield return (field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name, field);
            }
        }
    }
}
