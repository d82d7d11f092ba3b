using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.SearchSpace;

public enum ParameterType
{
    Integer = 0,
    Number = 1,
    Bool = 2,
    String = 3,
    Object = 4,
    Array = 5,
}

/// <summary>A point of a search space: a value, or named parameters.</summary>
public sealed class Parameter : IEnumerable<KeyValuePair<string, Parameter>>, IEquatable<Parameter>
{
    private static readonly JsonSerializerOptions _json = new() { Converters = { new JsonStringEnumConverter() } };
    private readonly object _value;

    private Parameter(object value, ParameterType type)
    {
        _value = value;
        ParameterType = type;
    }

    public ParameterType ParameterType { get; }

    public ICollection<string> Keys => Nested.Keys;

    public Parameter this[string key]
    {
        get => Nested[key];
        set => Nested[key] = value;
    }

    private Dictionary<string, Parameter> Nested => _value as Dictionary<string, Parameter>
        ?? throw new InvalidOperationException($"The parameter is of type {ParameterType}; only one of type {ParameterType.Object} holds others.");

    public static Parameter FromDouble(double value) => new(value, ParameterType.Number);

    public static Parameter FromInt(int value) => new(value, ParameterType.Integer);

    public static Parameter FromString(string value) => new(value, ParameterType.String);

    public static Parameter FromBool(bool value) => new(value, ParameterType.Bool);

    public static Parameter CreateNestedParameter(params KeyValuePair<string, Parameter>[] parameters)
        => new(new Dictionary<string, Parameter>(parameters), ParameterType.Object);

    public bool ContainsKey(string key) => Nested.ContainsKey(key);

    public bool TryGetValue(string key, out Parameter value) => Nested.TryGetValue(key, out value);

    /// <summary>The value as another type, by way of JSON: a number as any number, a name as an enumeration's value, named parameters as an object's properties.</summary>
    public T AsType<T>() => _value is T value ? value : JsonSerializer.Deserialize<T>(ToString(), _json);

    public bool Equals(Parameter other) => other is not null && ToString() == other.ToString();

    public override string ToString() => JsonSerializer.Serialize(Plain, _json);

    IEnumerator<KeyValuePair<string, Parameter>> IEnumerable<KeyValuePair<string, Parameter>>.GetEnumerator() => Nested.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Nested.GetEnumerator();

    internal static Parameter FromValue(object value) => value switch
    {
        int number => FromInt(number),
        double number => FromDouble(number),
        bool truth => FromBool(truth),
        string text => FromString(text),
        Enum name => FromString(name.ToString()),
        _ => throw new ArgumentException($"A parameter cannot be made of a {value.GetType().Name}.", nameof(value)),
    };

    private object Plain => _value is Dictionary<string, Parameter> nested
        ? nested.ToDictionary(pair => pair.Key, pair => pair.Value.Plain)
        : _value;
}
